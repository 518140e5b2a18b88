/** Variables and secrets, parsed once. No other file of the Worker reads the environment. */
import { z } from 'zod';
import { parseEgressAllow } from './contract/address-policy.ts';
import { issueSentence } from './contract/issue-sentence.ts';
import { PlansText } from './contract/plans.ts';

const seconds = (fallback: number) => z.coerce.number().int().positive().default(fallback);
const count = (fallback: number) => z.coerce.number().int().positive().default(fallback);
/** At least one URL, each without a slash at its end. */
const urlList = z
  .string()
  .transform((text) => text.split(/[\s,]+/).filter((url) => url !== ''))
  .pipe(z.array(z.url().transform((url) => url.replace(/\/+$/, ''))).min(1))
  .optional();

const optionalUrl = z.url().optional();

/** The S3 API of R2 is an https host. The local stack uses a URL with a path, on the loopback address only. */
const r2Endpoint = z
  .string()
  .regex(
    /^(?:https:\/\/[^/?#@]+\/?|http:\/\/127\.0\.0\.1(?::\d+)?(?:\/[^?#@]*)?)$/,
    'must be an https host alone',
  )
  .pipe(z.url())
  .optional();
const R2_NAMES = ['R2_S3_ENDPOINT', 'R2_S3_BUCKET', 'R2_ACCESS_KEY_ID', 'R2_SECRET_ACCESS_KEY'] as const;

const egressAllow = z
  .string()
  .refine(isEgressAllow, 'must be entries of the form [purpose:]host[:port], separated by commas')
  .default('');

/** The configuration table of the README has one row for each of these. */
const Variables = z.object({
  /** Base of the links in answers. */
  PUBLIC_URL: z.url().transform((url) => url.replace(/\/+$/, '')),
  /** A separate origin for media links. Default: PUBLIC_URL. */
  MEDIA_URL: optionalUrl.transform((url) => url?.replace(/\/+$/, '')),
  /** Origin that serves the sample file of a diagnosis; unset: PUBLIC_URL. */
  SAMPLE_ORIGIN: optionalUrl.transform((url) => url?.replace(/\/+$/, '')),
  /** URLs of downloaders, separated by commas or spaces. Default: the container binding. */
  DOWNLOADER_URL: urlList,
  /** Origin of the Worker for downloaders behind DOWNLOADER_URL. Default: PUBLIC_URL. */
  CONTROL_URL: optionalUrl.transform((url) => url?.replace(/\/+$/, '')),
  /** Only for `npm run dev -- --container`: allows a loopback PUBLIC_URL with the container binding. */
  LOCAL_CONTAINER: z.literal('on').optional(),
  /** Signs attempt tokens and media links: 32 random bytes, base64. */
  ATTEMPT_TOKEN_KEY: z.base64().min(43),
  /** Ed25519 private key, PKCS #8, base64; signs dispatches. */
  DISPATCH_PRIVATE_KEY: z.base64(),
  /** `id:base64key,id:base64key`, AES-256-GCM: the first encrypts, all decrypt. */
  CREDENTIAL_KEYS: z.string().min(1),
  /** Signs the sessions of the dashboard: 32 random bytes, base64. Without it, the API works and the dashboard does not. */
  AUTH_SECRET: z.base64().min(43).optional(),
  /** `true`: everybody may make an account, with a workspace of their own. */
  OPEN_SIGNUP: z.enum(['true', 'false']).default('false'),
  /** The sender of mails. Without it, or without the binding or the webhook, links are shown instead of mailed. */
  MAIL_FROM: z.email().optional(),
  /** Mails are posted to this URL as JSON with `from`, `to`, `subject` and `text`, unless the binding MAIL exists. */
  MAIL_WEBHOOK_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** Sent with them as a Bearer token. */
  MAIL_WEBHOOK_TOKEN: z.string().min(1).optional(),
  EGRESS_ALLOW: egressAllow,
  /** `on`: a job needs free bytes or a balance, and its cost is taken from them. */
  BILLING: z.enum(['on', 'off']).default('off'),
  /** Bytes of imports that cost a workspace nothing, once. */
  FREE_BYTES: z.coerce.number().int().nonnegative().default(1_000_000_000),
  /** A MB is 10⁶ bytes. */
  PRICE_PER_MB_USD: z.coerce.number().nonnegative().default(0.003),
  /** `on`: the rates of the plans apply. */
  RATE_LIMITS: z.enum(['on', 'off']).default('off'),
  /** JSON with the rates of the plans `free` and `paid`; contract/plans.ts has the defaults. */
  PLANS: PlansText.prefault('{}'),
  /** Price of one successful call of /metadata or /metadata/basic. */
  PRICE_METADATA_USD: z.coerce.number().nonnegative().default(0.01),
  RETENTION_DAYS: count(7),
  FALLBACK_RETENTION_DAYS: count(30),
  /** Days that the log of webhooks is kept. */
  WEBHOOK_RETENTION_DAYS: count(30),
  /** Days after its end for which a job is kept. Then its row in the ledger stays. */
  HISTORY_DAYS: count(365),
  MAX_BYTES: count(50 * 1024 ** 3),
  MAX_DURATION_SECONDS: seconds(12 * 3600),
  JOB_TIMEOUT_SECONDS: seconds(6 * 3600),
  STALL_SECONDS: seconds(60),
  MIN_SOURCE_BYTES_PER_SECOND: z.coerce
    .number()
    .int()
    .nonnegative()
    .default(16 * 1024),
  MIN_SOURCE_RATE_SECONDS: seconds(120),
  MAX_FAILURES: count(4),
  /** 0: only downloaders that fetch their jobs. */
  DOWNLOADER_SLOTS: z.coerce.number().int().nonnegative().default(1),
  /** Downloaders for pages alone; 0: every downloader reads pages. */
  PAGE_SLOTS: z.coerce.number().int().nonnegative().default(0),
  JOBS_PER_SLOT: count(4),
  /** For downloaders in containers: `required` if they may not start where their children cannot be confined. */
  CONFINEMENT: z.enum(['auto', 'required']).default('auto'),
  /** Maximum number of queued jobs of a workspace. */
  MAX_QUEUED_JOBS: count(10_000),
  /** With these four variables, large files go to service storage through the S3 API of R2 instead of the Worker. */
  R2_S3_ENDPOINT: r2Endpoint,
  /** The name of the bucket that is bound as MEDIA. */
  R2_S3_BUCKET: z.string().min(1).optional(),
  R2_ACCESS_KEY_ID: z.string().min(1).optional(),
  R2_SECRET_ACCESS_KEY: z.string().min(1).optional(),
});

/** Host names and addresses of the own machine. */
const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/;

type Values = z.infer<typeof Variables>;
type Issue = { path: string[]; message: string };

function missingOfR2(values: Values): Issue[] {
  const missing = R2_NAMES.filter((name) => values[name] === undefined);
  if (missing.length === R2_NAMES.length) return [];
  return missing.map((name) => ({ path: [name], message: `set all of ${R2_NAMES.join(', ')}, or none` }));
}

function slotsOfDownloaders({ DOWNLOADER_URL, DOWNLOADER_SLOTS, PAGE_SLOTS }: Values): Issue[] {
  const downloaders = DOWNLOADER_URL?.length ?? 0;
  if (downloaders <= DOWNLOADER_SLOTS + PAGE_SLOTS) return [];
  const message = `set at least ${downloaders}, the number of URLs in DOWNLOADER_URL`;
  return [{ path: ['DOWNLOADER_SLOTS'], message }];
}

/** A slot for files finds out which sources are pages. */
function pagesWithoutFiles({ DOWNLOADER_SLOTS, PAGE_SLOTS }: Values): Issue[] {
  if (PAGE_SLOTS === 0 || DOWNLOADER_SLOTS > 0) return [];
  const message =
    'needs DOWNLOADER_SLOTS of at least 1: only what these find to be a page goes to the others';
  return [{ path: ['PAGE_SLOTS'], message }];
}

/** With a loopback address, the links of a deployment would lead to the machine of their reader. */
function loopbackOfContainer(values: Values): Issue[] {
  if (values.DOWNLOADER_URL !== undefined || values.LOCAL_CONTAINER === 'on') return [];
  if (!LOOPBACK.test(new URL(values.PUBLIC_URL).hostname)) return [];
  const message =
    'is a loopback address, so links in answers would work on one machine only: set it to the URL of the deployed Worker, as npm run deploy does, or set DOWNLOADER_URL';
  return [{ path: ['PUBLIC_URL'], message }];
}

export const Config = Variables.superRefine((values, context) => {
  for (const issue of [
    ...missingOfR2(values),
    ...slotsOfDownloaders(values),
    ...pagesWithoutFiles(values),
    ...loopbackOfContainer(values),
  ])
    context.addIssue({ code: 'custom', ...issue });
});
export type Config = z.infer<typeof Config>;

/** Reads the configuration from the bindings. Throws a ZodError that names every invalid variable. */
export function parseConfig(env: object): Config {
  return Config.parse(env, { error: issueSentence });
}

function isEgressAllow(text: string): boolean {
  try {
    parseEgressAllow(text);
    return true;
  } catch {
    return false;
  }
}
