/** The environment of the downloader. It contains only what the downloader needs, because it processes untrusted files. */
import { join } from 'node:path';
import { LOOPBACK } from '../lib/ports.ts';
import type { Secrets } from '../lib/secrets.ts';

/** System variables: paths of programs, temporary files and certificates. */
const PASSED_ON = ['PATH', 'TMPDIR', 'LANG', 'TZ', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'];
/** Configuration variables that Worker and downloader both read. */
const SHARED = ['EGRESS_ALLOW', 'JOBS_PER_SLOT', 'CONFINEMENT'];

/** Returns the variables for a downloader that listens on `port`. They contain only the public dispatch key. */
export function downloaderEnv(input: {
  env: NodeJS.ProcessEnv;
  secrets: Secrets;
  port: number;
  stateDirectory: string;
  tools: Record<string, string>;
}): Record<string, string> {
  const passed = [...PASSED_ON, ...SHARED].flatMap((name) => {
    const value = input.env[name];
    return value ? [[name, value]] : [];
  });
  return {
    ...Object.fromEntries(passed),
    ...input.tools,
    HOST: LOOPBACK,
    PORT: String(input.port),
    WORK_DIR: join(input.stateDirectory, 'work'),
    DISPATCH_PUBLIC_KEY: input.secrets.DISPATCH_PUBLIC_KEY,
  };
}
