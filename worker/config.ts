/** Vars and secrets, parsed once. Nothing else in the Worker reads strings of the environment. */
import { z } from 'zod';

const seconds = (fallback: number) => z.coerce.number().int().positive().default(fallback);
const count = (fallback: number) => z.coerce.number().int().positive().default(fallback);
const optionalUrl = z.url().optional();

/** R2's S3 API is an https host; the one of the local stack has a path, on this machine alone. */
const r2Endpoint = z
  .string()
  .regex(
    /^(?:https:\/\/[^/?#@]+\/?|http:\/\/127\.0\.0\.1(?::\d+)?(?:\/[^?#@]*)?)$/,
    'must be an https host alone',
  )
  .pipe(z.url())
  .optional();
const R2_NAMES = ['R2_S3_ENDPOINT', 'R2_S3_BUCKET', 'R2_ACCESS_KEY_ID', 'R2_SECRET_ACCESS_KEY'] as const;

/** Each row of the README's configuration table is one line here. */
const Variables = z.object({
  /** Base of every link that the service hands out. */
  PUBLIC_URL: z.url().transform((url) => url.replace(/\/+$/, '')),
  /** Own origin for media links. */
  MEDIA_URL: optionalUrl.transform((url) => url?.replace(/\/+$/, '')),
  /** Origin that serves the sample file of a diagnosis; unset: PUBLIC_URL. */
  SAMPLE_ORIGIN: optionalUrl.transform((url) => url?.replace(/\/+$/, '')),
  /** A downloader by URL; unset: the container binding. */
  DOWNLOADER_URL: optionalUrl.transform((url) => url?.replace(/\/+$/, '')),
  /** For `npm run dev -- --container` alone: a container on this machine, whose links lead to this machine. */
  LOCAL_CONTAINER: z.literal('on').optional(),
  /** Signs attempt tokens and media links: 32 random bytes, base64. */
  ATTEMPT_TOKEN_KEY: z.base64().min(43),
  /** Ed25519 private key, PKCS #8, base64; signs dispatches. */
  DISPATCH_PRIVATE_KEY: z.base64(),
  /** `id:base64key,id:base64key`, AES-256-GCM: the first encrypts, all decrypt. */
  CREDENTIAL_KEYS: z.string().min(1),
  EGRESS_ALLOW: z.string().default(''),
  /** The only word it knows: `on` would be believed to refuse imports, which nothing here does. */
  BILLING: z.literal('off').default('off'),
  /** A MB is 10⁶ bytes. */
  PRICE_PER_MB_USD: z.coerce.number().nonnegative().default(0.003),
  RETENTION_DAYS: count(7),
  FALLBACK_RETENTION_DAYS: count(30),
  MAX_BYTES: count(50 * 1024 ** 3),
  MAX_DURATION_SECONDS: seconds(12 * 3600),
  JOB_TIMEOUT_SECONDS: seconds(6 * 3600),
  STALL_SECONDS: seconds(60),
  MAX_FAILURES: count(4),
  DOWNLOADER_SLOTS: count(1),
  JOBS_PER_SLOT: count(4),
  /** Of one workspace; more are refused. */
  MAX_QUEUED_JOBS: count(10_000),
  /** These four together: large files go to service storage by R2's S3 API, not through the Worker. */
  R2_S3_ENDPOINT: r2Endpoint,
  /** The name of the bucket that is bound as MEDIA. */
  R2_S3_BUCKET: z.string().min(1).optional(),
  R2_ACCESS_KEY_ID: z.string().min(1).optional(),
  R2_SECRET_ACCESS_KEY: z.string().min(1).optional(),
});

/** Hosts that every machine takes for itself. */
const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/;

type Values = z.infer<typeof Variables>;
type Issue = { path: string[]; message: string };

function missingOfR2(values: Values): Issue[] {
  const missing = R2_NAMES.filter((name) => values[name] === undefined);
  if (missing.length === R2_NAMES.length) return [];
  return missing.map((name) => ({ path: [name], message: `goes with ${R2_NAMES.join(', ')}: all or none` }));
}

/** A deployment that was never told its address would hand out links that lead to the reader's own machine. */
function loopbackOfContainer(values: Values): Issue[] {
  if (values.DOWNLOADER_URL !== undefined || values.LOCAL_CONTAINER === 'on') return [];
  if (!LOOPBACK.test(new URL(values.PUBLIC_URL).hostname)) return [];
  const message =
    'is an address of one machine alone, and the downloader is a container: set it to the URL of the deployed Worker, as npm run deploy does, or set DOWNLOADER_URL';
  return [{ path: ['PUBLIC_URL'], message }];
}

export const Config = Variables.superRefine((values, context) => {
  for (const issue of [...missingOfR2(values), ...loopbackOfContainer(values)])
    context.addIssue({ code: 'custom', ...issue });
});
export type Config = z.infer<typeof Config>;

/** Reads the configuration out of the bindings; throws a ZodError that names every wrong variable. */
export function parseConfig(env: object): Config {
  return Config.parse(env);
}
