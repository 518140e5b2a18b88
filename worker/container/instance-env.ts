/** The environment variables of the image. It holds the public half of the dispatch key, and no other secret. */
import { parseConfig } from '../config.ts';
import { publicKeyOf } from './sign-request.ts';

/** What an instance that starts now and listens on `port` receives. Throws when the configuration is not valid. */
export async function instanceEnv(env: object, port: number): Promise<Record<string, string>> {
  const config = parseConfig(env);
  return {
    PORT: String(port),
    HOST: '0.0.0.0',
    DISPATCH_PUBLIC_KEY: await publicKeyOf(config.DISPATCH_PRIVATE_KEY),
    EGRESS_ALLOW: config.EGRESS_ALLOW,
    JOBS_PER_SLOT: String(config.JOBS_PER_SLOT),
    CONFINEMENT: config.CONFINEMENT,
  };
}
