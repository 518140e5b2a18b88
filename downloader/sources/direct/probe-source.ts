/** Reads single ranges of a file, for a look at its headers. The bytes of all reads together are limited. */
import type { ByteSource } from '../../content.ts';
import { JobFailure } from '../../job-failure.ts';
import type { HttpClient } from '../../net/http1/exchange.ts';
import { parseContentRange } from '../http/http-answer.ts';
import { getFollowing } from '../http/http-get.ts';

export interface ProbeOptions {
  agent: HttpClient;
  /** Where the first answer came from. */
  url: URL;
  sizeBytes: number;
  idleTimeoutMs: number;
  /** Bytes of all reads together. */
  maxBytes: number;
  onBytes: (bytes: number) => void;
}

/** Reads throw `media_unreadable` when the limit is reached or the server refuses the range, else as a GET does. */
export function probeSource(options: ProbeOptions): ByteSource {
  const { agent, url, sizeBytes, idleTimeoutMs, onBytes } = options;
  let leftBytes = options.maxBytes;
  return {
    sizeBytes,
    maxLanes: 1,
    async read(start, end, onChunk, signal) {
      const stop = end ?? sizeBytes;
      leftBytes -= stop - start;
      if (leftBytes < 0) throw new JobFailure('media_unreadable', 'its headers are too far apart');
      const headers = { range: `bytes=${start}-${stop - 1}` };
      const { status, body, ...answer } = await getFollowing({ agent, url, headers, idleTimeoutMs, signal });
      const range = status === 206 ? parseContentRange(answer.headers.get('content-range')) : null;
      if (range?.start !== start || range.end !== stop - 1 || range.totalBytes !== sizeBytes) {
        body.cancel();
        throw new JobFailure('media_unreadable', `a range was answered with HTTP ${status}`);
      }
      const readBytes = await body.consume(
        (chunk) => {
          onBytes(chunk.byteLength);
          return onChunk(chunk);
        },
        { maxBytes: stop - start },
      );
      if (readBytes < stop - start) throw new JobFailure('source_truncated', 'a range ended early');
    },
  };
}
