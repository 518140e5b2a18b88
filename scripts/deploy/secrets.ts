/** The Worker's secrets: each is made once, kept on this machine as well, and never replaced. */
import { dispatchKeyPair, randomKey } from '../lib/secrets.ts';
import { StartProblem } from '../lib/problem.ts';

/** Every secret of the Worker that is made here, and how. */
const GENERATED: Record<string, () => string> = {
  ATTEMPT_TOKEN_KEY: randomKey,
  AUTH_SECRET: randomKey,
  CREDENTIAL_KEYS: () => `first:${randomKey()}`,
  DISPATCH_PRIVATE_KEY: () => dispatchKeyPair().privateKey,
};

/** Losing one of these makes what is saved unreadable for good. */
const IRREPLACEABLE = 'CREDENTIAL_KEYS';

export interface SecretSources {
  env: NodeJS.ProcessEnv;
  /** The copy on this machine. */
  kept: Record<string, string>;
  /** Names of those that the Worker has. */
  onWorker: string[];
  /** Whether there are workspaces. */
  hasData: boolean;
}

/**
 * The secrets that the Worker lacks: from the environment, else from the copy on this machine, else new. Throws a
 * StartProblem instead of making new keys for credentials that were sealed with others.
 */
export function missingSecrets({ env, kept, onWorker, hasData }: SecretSources): Record<string, string> {
  const missing = Object.entries(GENERATED).filter(([name]) => !onWorker.includes(name));
  return Object.fromEntries(
    missing.map(([name, make]) => {
      const known = env[name]?.trim() || kept[name];
      if (known) return [name, known];
      if (name === IRREPLACEABLE && hasData) throw new StartProblem(refusal());
      return [name, make()];
    }),
  );
}

function refusal(): string {
  return (
    `The database holds data, and the Worker has no ${IRREPLACEABLE}. New keys would make every saved S3 credential unreadable, so nothing ` +
    `was changed. Set ${IRREPLACEABLE} in the environment to the keys that the Worker had, and run it again. If they are lost, set it to ` +
    'new:KEY, with KEY from "openssl rand -base64 32"; every workspace must then save its storage settings again.'
  );
}
