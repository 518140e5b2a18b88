/** Signed links to objects in service storage, which expire. */
import type { Config } from '../../config.ts';
import type { Ctx } from '../../context.ts';
import { hmacKey } from '../../contract/encoding/hmac-key.ts';
import { fromBase64, toBase64Url } from '../../contract/encoding/base64.ts';
import { encodeKey } from '../s3/encode-key.ts';

/** Least lifetime of a link, in milliseconds: a day, so that it outlives an open page that shows it. */
const LINK_MS = 24 * 3600_000;
/** All links to an object that are made within an hour are the same, so that answers with them do not differ. */
const SAME_LINK_MS = 3600_000;
/** Distinguishes these signatures from others by the same key. */
const DOMAIN = 'importly media link 1';

/** A link to the object. It expires with the object at the latest (`objectExpiresAt`, unix milliseconds). */
export async function signMediaLink(
  ctx: Ctx,
  { key, objectExpiresAt }: { key: string; objectExpiresAt: number | null },
): Promise<string> {
  const madeAt = Math.ceil(ctx.now() / SAME_LINK_MS) * SAME_LINK_MS;
  const endMs = Math.min(madeAt + LINK_MS, objectExpiresAt ?? Number.POSITIVE_INFINITY);
  const expires = `${Math.floor(endMs / 1000)}`;
  const signature = await signatureOf(ctx.config, key, expires);
  const query = `expires=${expires}&signature=${signature}`;
  const base = ctx.config.MEDIA_URL ?? ctx.config.PUBLIC_URL;
  return `${base}/media/${encodeKey(key)}?${query}`;
}

/** Signatures that this isolate has made for a configuration: polls make the same link again and again. */
const made = new WeakMap<Config, Map<string, string>>();
/** More than these are not kept. */
const MAX_SIGNATURES = 1_000;

async function signatureOf(config: Config, key: string, expires: string): Promise<string> {
  const known = made.get(config) ?? new Map<string, string>();
  made.set(config, known);
  const name = `${expires} ${key}`;
  const kept = known.get(name);
  if (kept !== undefined) return kept;
  const hmac = await crypto.subtle.sign(
    'HMAC',
    await hmacKey(config.ATTEMPT_TOKEN_KEY),
    signedBytes(key, expires),
  );
  const signature = toBase64Url(new Uint8Array(hmac));
  if (known.size >= MAX_SIGNATURES) known.clear();
  known.set(name, signature);
  return signature;
}

/** True for a link that was signed here for this key and has not expired. */
export async function isMediaLinkGood(
  ctx: Ctx,
  link: { key: string; expires: string; signature: string },
): Promise<boolean> {
  const signature = readSignature(link.signature);
  if (!signature || !/^[1-9]\d{0,11}$/.test(link.expires)) return false;
  const data = signedBytes(link.key, link.expires);
  // WebCrypto compares in constant time.
  const isOurs = await crypto.subtle.verify(
    'HMAC',
    await hmacKey(ctx.config.ATTEMPT_TOKEN_KEY),
    signature,
    data,
  );
  return isOurs && ctx.now() < Number(link.expires) * 1000;
}

/** The key in the path of a link, `/media/…`, still encoded; null when the path is malformed. */
export function mediaKeyOf(pathname: string): string | null {
  const [, encoded] = /^\/media\/(.+)$/.exec(pathname) ?? [];
  try {
    return encoded === undefined ? null : encoded.split('/').map(decodeURIComponent).join('/');
  } catch {
    return null;
  }
}

function signedBytes(key: string, expires: string): Uint8Array {
  return new TextEncoder().encode([DOMAIN, expires, key].join('\n'));
}

function readSignature(text: string): Uint8Array | null {
  return /^[\w-]{43}$/.test(text) ? fromBase64(text) : null;
}
