/** Reads the environment variables of the downloader, once. No other file reads them. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { z } from 'zod';
import { parseEgressAllow, type EgressAllow } from '../worker/contract/address-policy.ts';

/** An empty variable counts as not set. */
const path = z
  .string()
  .optional()
  .transform((text) => text || undefined);

export const Environment = z.object({
  /** 0 picks a free port. */
  PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  /** The container sets 0.0.0.0; elsewhere only this machine reaches the downloader. */
  HOST: z.string().min(1).default('127.0.0.1'),
  /** Ed25519 public key, SPKI, base64: requests signed with its private key are accepted. */
  DISPATCH_PUBLIC_KEY: z
    .base64()
    .optional()
    .transform((key) => key || undefined),
  /** A file with that key, for a machine on which the Worker makes its keys at the first start. */
  DISPATCH_PUBLIC_KEY_FILE: path,
  EGRESS_ALLOW: z.string().default(''),
  /** The Worker's PUBLIC_URL, and the token of a fleet member: this downloader then fetches its jobs. */
  WORKER_URL: z
    .url()
    .optional()
    .transform((url) => url?.replace(/\/$/, '')),
  FLEET_TOKEN: path,
  JOBS_PER_SLOT: z.coerce.number().int().min(1).max(100).default(4),
  /** The parent of the private folders of jobs. */
  WORK_DIR: path,
  /** The folder that yt-dlp was installed into. Without it, pages cannot be imported. */
  YTDLP_DIR: path,
  PYTHON: path,
  FFMPEG: path,
  /** `required`: do not start where children cannot be confined. */
  CONFINEMENT: z.enum(['auto', 'required']).default('auto'),
});

export interface DownloaderConfig {
  port: number;
  host: string;
  dispatchPublicKey: KeyObject;
  allow: EgressAllow;
  /** Null: jobs are sent to this downloader. */
  pull: { workerUrl: string; fleetToken: string } | null;
  jobsPerSlot: number;
  workDirectory: string;
  /** Without it, children that cannot be confined run all the same, and the log says so. */
  requiresConfinement: boolean;
  tools: { ytdlpDirectory: string | undefined; python: string | undefined; ffmpeg: string | undefined };
}

/** Throws an Error whose message names every wrong variable, never a value. */
export function parseConfig(env: Record<string, string | undefined>): DownloaderConfig {
  const parsed = Environment.safeParse(env);
  if (!parsed.success) throw new Error(`Configuration: ${z.prettifyError(parsed.error)}`);
  const { data } = parsed;
  return {
    port: data.PORT,
    host: data.HOST,
    dispatchPublicKey: readPublicKey(data.DISPATCH_PUBLIC_KEY ?? readKeyFile(data.DISPATCH_PUBLIC_KEY_FILE)),
    allow: parseEgressAllow(data.EGRESS_ALLOW),
    pull: readPull(data),
    jobsPerSlot: data.JOBS_PER_SLOT,
    workDirectory: data.WORK_DIR ?? tmpdir(),
    requiresConfinement: data.CONFINEMENT === 'required',
    tools: { ytdlpDirectory: data.YTDLP_DIR, python: data.PYTHON, ffmpeg: data.FFMPEG },
  };
}

function readPull({ WORKER_URL: workerUrl, FLEET_TOKEN: fleetToken }: z.infer<typeof Environment>) {
  if (workerUrl !== undefined && fleetToken !== undefined) return { workerUrl, fleetToken };
  if (workerUrl === undefined && fleetToken === undefined) return null;
  throw new Error('Configuration: set WORKER_URL and FLEET_TOKEN together, or neither of them');
}

function readKeyFile(path: string | undefined): string {
  if (path === undefined)
    throw new Error('Configuration: set DISPATCH_PUBLIC_KEY or DISPATCH_PUBLIC_KEY_FILE');
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    throw new Error(`Configuration: the file ${path} in DISPATCH_PUBLIC_KEY_FILE cannot be read`);
  }
}

function readPublicKey(base64: string): KeyObject {
  try {
    const key = createPublicKey({ key: Buffer.from(base64, 'base64'), format: 'der', type: 'spki' });
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // The error below explains this in one sentence.
  }
  throw new Error('Configuration: DISPATCH_PUBLIC_KEY must be an Ed25519 public key (SPKI, base64)');
}
