/** Cursors of lists: opaque to clients, and signed, so that only positions that an answer gave are accepted. */
import { z } from 'zod';
import type { Config } from '../config.ts';
import { fromBase64, toBase64Url } from '../contract/encoding/base64.ts';
import { invalidFields } from '../errors.ts';
import { hmacKey } from '../contract/encoding/hmac-key.ts';

/** Distinguishes these signatures from others by the same key. */
const DOMAIN = 'importly cursor 1';
/** `position.signature`: base64url of JSON, and of 32 bytes. */
const FORM = /^([\w-]{1,2000})\.([\w-]{43})$/;

/** The ID of the last row of a page. */
const Position = z.tuple([z.string()]);

type Keys = Pick<Config, 'ATTEMPT_TOKEN_KEY'>;

/**
 * The cursor of the page that follows the row with this ID. `list` names the list with everything that selects its rows, such as
 * workspace and filters.
 */
export async function signCursor(config: Keys, list: string, lastId: string): Promise<string> {
  const text = toBase64Url(new TextEncoder().encode(JSON.stringify([lastId])));
  const signature = await crypto.subtle.sign(
    'HMAC',
    await hmacKey(config.ATTEMPT_TOKEN_KEY),
    signedBytes(list, text),
  );
  return `${text}.${toBase64Url(new Uint8Array(signature))}`;
}

/**
 * The ID in a cursor that was signed for the same list; null without a cursor, for the first page. AppError `invalid_request`
 * for any other text.
 */
export async function readCursor(
  config: Keys,
  list: string,
  cursor: string | undefined,
): Promise<string | null> {
  if (cursor === undefined) return null;
  const [, text = '', signature = ''] = FORM.exec(cursor) ?? [];
  const key = await hmacKey(config.ATTEMPT_TOKEN_KEY);
  // WebCrypto compares in constant time.
  const isOurs =
    signature !== '' &&
    (await crypto.subtle.verify('HMAC', key, fromBase64(signature), signedBytes(list, text)));
  if (!isOurs) {
    const message = 'cursor must be the nextCursor of an answer with the same parameters';
    throw invalidFields([{ field: 'cursor', message }]);
  }
  const [lastId] = Position.parse(JSON.parse(new TextDecoder().decode(fromBase64(text))));
  return lastId;
}

/** The first `limit` of the rows, and the cursor of the next page. `found` has one row more when another page follows. */
export async function cutPage<Row>(
  config: Keys,
  list: string,
  { found, limit, idOf }: { found: Row[]; limit: number; idOf: (row: Row) => string },
): Promise<{ page: Row[]; nextCursor: string | null }> {
  const page = found.slice(0, limit);
  const last = found.length > limit ? page.at(-1) : undefined;
  return { page, nextCursor: last === undefined ? null : await signCursor(config, list, idOf(last)) };
}

function signedBytes(list: string, text: string): Uint8Array {
  return new TextEncoder().encode([DOMAIN, list, text].join('\n'));
}
