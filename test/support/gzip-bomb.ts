/** A compressed body that is a thousand times larger than what is sent. */
import type { RequestListener } from 'node:http';
import { gzipSync } from 'node:zlib';

const MEMBER_BYTES = 64 * 1024 * 1024;
const MEMBER = gzipSync(Buffer.alloc(MEMBER_BYTES, 'x'));

/** Sends `head` and then `members` × 64 MiB. gzip allows several members in one body. */
export function gzipBomb(contentType: string, head: string, members: number): RequestListener {
  const body = Buffer.concat([gzipSync(head), ...Array.from({ length: members }, () => MEMBER)]);
  return (_, response) =>
    void response.writeHead(200, { 'content-type': contentType, 'content-encoding': 'gzip' }).end(body);
}
