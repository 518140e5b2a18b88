/** Serves objects of service storage. Their bytes are untrusted, so headers keep browsers from executing them. */
import type { Ctx } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { parseByteRange, type ByteRange } from './byte-range.ts';
import { errorText } from '../../error-text.ts';
import { isMediaLinkGood } from './media-link.ts';

export interface ObjectRequest {
  key: string;
  method: 'GET' | 'HEAD';
  /** Headers of the request; null if missing. */
  range: string | null;
  ifNoneMatch: string | null;
  ifRange: string | null;
}

export interface MediaRequest extends ObjectRequest {
  /** Decoded, as `mediaKeyOf` returns it. */
  key: string;
  /** From the query of the link. */
  expires: string;
  signature: string;
}

/** Bytes in one read from R2: the local runtime buffers the whole result of a read. */
const SLICE_BYTES = 8 * 1024 * 1024;
/** How long browsers may cache an object, in seconds, independent of the lifetime of the link. */
const CACHE_SECONDS = 3600;

/** 200, 206, 304 or 416. AppError `media_link_invalid` for a forged or expired link, `media_gone` without an object. */
export async function serveMedia(ctx: Ctx, request: MediaRequest): Promise<Response> {
  if (!(await isMediaLinkGood(ctx, request))) throw new AppError('media_link_invalid');
  return serveObject(ctx, request);
}

/** The same for callers that have checked the right to the object in another way. AppError `media_gone`. */
export async function serveObject(ctx: Ctx, request: ObjectRequest): Promise<Response> {
  const object = await ctx.media.head(request.key);
  if (!object) throw new AppError('media_gone');
  const headers = headersOf(object, request.key);
  if (matches(request.ifNoneMatch, object.httpEtag)) return new Response(null, { status: 304, headers });
  const range = rangeOf(request, object);
  if (range === 'unsatisfiable') return unsatisfiable(object, headers);
  const { offset, length } = range ?? { offset: 0, length: object.size };
  headers.set('content-length', `${length}`);
  if (range) headers.set('content-range', `bytes ${offset}-${offset + length - 1}/${object.size}`);
  const body = request.method === 'HEAD' ? null : streamSlices(ctx, object, { offset, length });
  return new Response(body, { status: range ? 206 : 200, headers });
}

/** HEAD ignores ranges (RFC 9110). If-Range with the ETag of another version requests the whole object. */
function rangeOf(
  { method, range, ifRange }: ObjectRequest,
  object: R2Object,
): ReturnType<typeof parseByteRange> {
  if (method === 'HEAD' || object.size === 0) return null;
  return ifRange === null || ifRange === object.httpEtag ? parseByteRange(range, object.size) : null;
}

function headersOf(object: R2Object, key: string): Headers {
  const contentType = object.httpMetadata?.contentType ?? 'application/octet-stream';
  return new Headers({
    'content-type': contentType,
    'content-disposition': contentDisposition(contentType, key),
    'content-security-policy': 'sandbox',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'cross-origin',
    'access-control-allow-origin': '*',
    'access-control-expose-headers': 'accept-ranges, content-length, content-range, etag',
    'cache-control': `private, max-age=${CACHE_SECONDS}`,
    'accept-ranges': 'bytes',
    etag: object.httpEtag,
    'last-modified': object.uploaded.toUTCString(),
  });
}

/** RFC 6266. Only audio, video and images are `inline`, except SVG, which may contain scripts. */
function contentDisposition(contentType: string, key: string): string {
  const isShown = /^(?:audio|video|image)\//.test(contentType) && contentType !== 'image/svg+xml';
  const name = key.slice(key.lastIndexOf('/') + 1);
  const plain = name.replace(/[^ !#-$&-[\]-~]/g, '_');
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16)}`,
  );
  return `${isShown ? 'inline' : 'attachment'}; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

function matches(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === null) return false;
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etag);
}

function unsatisfiable(object: R2Object, headers: Headers): Response {
  headers.set('content-range', `bytes */${object.size}`);
  headers.delete('content-type');
  headers.delete('content-disposition');
  return new Response(null, { status: 416, headers });
}

/** A stream of the bytes. It reads the next slice when the previous one has been consumed. */
function streamSlices(ctx: Ctx, object: R2Object, range: ByteRange): ReadableStream {
  const { readable, writable } = new FixedLengthStream(range.length);
  pump(ctx, object, range, writable).catch((error: unknown) => {
    // Usually the client has disconnected. Any other client sees a body that is shorter than its Content-Length.
    ctx.log.info('storage.serving_stopped', { error: errorText(error) });
  });
  return readable;
}

async function pump(
  ctx: Ctx,
  object: R2Object,
  { offset, length }: ByteRange,
  out: WritableStream,
): Promise<void> {
  const end = offset + length;
  try {
    for (let at = offset; at < end; at += SLICE_BYTES) {
      const slice = await ctx.media.get(object.key, {
        range: { offset: at, length: Math.min(SLICE_BYTES, end - at) },
      });
      // One response must not mix two versions of an object.
      if (slice?.etag !== object.etag) throw new Error('the object is gone');
      await slice.body.pipeTo(out, { preventClose: true });
    }
    await out.close();
  } catch (error) {
    await out.abort(error).catch(() => undefined);
    throw error;
  }
}
