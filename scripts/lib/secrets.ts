/** The secrets of a local stack: created once, stored in its state directory, never printed. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson, writePrivate } from './private-file.ts';
import { StartProblem } from './problem.ts';

const Secrets = z.strictObject({
  ATTEMPT_TOKEN_KEY: z.base64(),
  AUTH_SECRET: z.base64(),
  CREDENTIAL_KEYS: z.string().min(1),
  DISPATCH_PRIVATE_KEY: z.base64(),
  DISPATCH_PUBLIC_KEY: z.base64(),
});
export type Secrets = z.infer<typeof Secrets>;
/** An earlier version made files without this one. */
const Kept = Secrets.partial({ AUTH_SECRET: true });

/** HMAC-SHA-256 and AES-256 both use keys of 32 bytes. */
export const randomKey = () => randomBytes(32).toString('base64');

/** A new pair for dispatches: PKCS #8 and SPKI, base64. */
export function dispatchKeyPair(): { privateKey: string; publicKey: string } {
  const pair = generateKeyPairSync('ed25519');
  return {
    privateKey: pair.privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
    publicKey: pair.publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
  };
}

const pathOf = (stateDirectory: string) => join(stateDirectory, 'secrets.json');

function makeSecrets(): Secrets {
  const pair = dispatchKeyPair();
  return {
    ATTEMPT_TOKEN_KEY: randomKey(),
    AUTH_SECRET: randomKey(),
    CREDENTIAL_KEYS: `local:${randomKey()}`,
    DISPATCH_PRIVATE_KEY: pair.privateKey,
    DISPATCH_PUBLIC_KEY: pair.publicKey,
  };
}

/**
 * Reads `secrets.json` in the state directory, or creates it at the first start.
 * Throws a StartProblem for a damaged file instead of replacing it, because saved S3 credentials need its keys.
 */
export function loadSecrets(stateDirectory: string): Secrets {
  const path = pathOf(stateDirectory);
  let found: unknown;
  try {
    found = readJson(path);
  } catch {
    throw new StartProblem(
      `${path} is not valid JSON; restore it, or delete it together with the data beside it.`,
    );
  }
  if (found === null) {
    const made = makeSecrets();
    writePrivate(path, JSON.stringify(made, null, 2));
    return made;
  }
  const parsed = Kept.safeParse(found);
  if (parsed.success) return withAuthSecret(path, parsed.data);
  throw new StartProblem(
    `${path} lacks ${parsed.error.issues.map((issue) => issue.path.join('.')).join(', ')}.`,
  );
}

/** Adds the secret of the dashboard to a file that an earlier version made. */
function withAuthSecret(path: string, { AUTH_SECRET, ...others }: z.infer<typeof Kept>): Secrets {
  const secrets = { ...others, AUTH_SECRET: AUTH_SECRET ?? randomKey() };
  if (AUTH_SECRET === undefined) writePrivate(path, JSON.stringify(secrets, null, 2));
  return secrets;
}

/** Adds a new first key to CREDENTIAL_KEYS and returns its id. The old keys stay, because existing credentials need them. */
export function addCredentialKey(stateDirectory: string): string {
  const secrets = loadSecrets(stateDirectory);
  const id = `local-${randomBytes(4).toString('hex')}`;
  const CREDENTIAL_KEYS = `${id}:${randomKey()},${secrets.CREDENTIAL_KEYS}`;
  writePrivate(pathOf(stateDirectory), JSON.stringify({ ...secrets, CREDENTIAL_KEYS }, null, 2));
  return id;
}
