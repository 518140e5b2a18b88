/** The environment of the downloader: what it needs and nothing else, since it runs other people's bytes. */
import { join } from 'node:path';
import { LOOPBACK } from '../lib/ports.ts';
import type { Secrets } from '../lib/secrets.ts';

/** Of the system: where programs, temporary files and certificates are. */
const PASSED_ON = ['PATH', 'TMPDIR', 'LANG', 'TZ', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'];
/** Of the configuration: names that both programs read. */
const SHARED = ['EGRESS_ALLOW', 'JOBS_PER_SLOT'];

/** Variables of one downloader that listens on `port`; it gets the public half of the dispatch key only. */
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
