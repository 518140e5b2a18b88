/**
 * `npm run credentials:rotate`: encrypts the S3 credentials of the local stack again with the first key of CREDENTIAL_KEYS.
 * A deployed Worker does this automatically, within a minute of a deployment with a new first key.
 */
import { stateDirectory } from './lib/paths.ts';
import { reportProblem } from './lib/problem.ts';
import { rotateLocalCredentials } from './start/rotate.ts';

await rotateLocalCredentials({
  env: process.env,
  directory: stateDirectory(process.env),
  makesKey: process.argv.includes('--new-key'),
  say: (line) => console.log(line),
}).catch(reportProblem);
// Everything that was started has ended; a handle that a library left open must not keep the process alive.
process.exit();
