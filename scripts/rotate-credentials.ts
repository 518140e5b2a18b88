/**
 * `npm run credentials:rotate`: seals the S3 credentials of the local stack anew under the first key of CREDENTIAL_KEYS.
 * A deployed Worker does the same by itself, within a minute of a deployment with a new first key.
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
// Whatever was started has ended by now; a handle that a library forgot must not keep the terminal.
process.exit();
