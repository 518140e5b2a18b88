/** The sample file as answers: at once, and slowly, so that an import of it can be canceled while it runs. */
import { sampleWav } from './sample-file.ts';

/** Names of the files under the origin that serves them. */
export const SAMPLE_PATH = '/sample.wav' as const;
export const SLOW_SAMPLE_PATH = '/sample-slow.wav' as const;

/** How long the slow file takes, in pieces and milliseconds between two: 20 s, well below STALL_SECONDS a piece. */
const SLOW_PIECES = 20;
const PIECE_PAUSE_MS = 1_000;

/** The answer for one of the two paths. It takes no Range: a source may answer 200 to one. */
export function serveSample(path: typeof SAMPLE_PATH | typeof SLOW_SAMPLE_PATH): Response {
  const bytes = sampleWav();
  const headers = { 'content-type': 'audio/wav', 'cache-control': 'no-store' };
  if (path === SAMPLE_PATH) return new Response(bytes, { headers });
  return new Response(inPieces(bytes), { headers });
}

function inPieces(bytes: Uint8Array): ReadableStream<Uint8Array> {
  const pieceBytes = Math.ceil(bytes.length / SLOW_PIECES);
  let offset = 0;
  return new ReadableStream({
    pull: async (controller) => {
      if (offset > 0) await new Promise((resolve) => setTimeout(resolve, PIECE_PAUSE_MS));
      controller.enqueue(bytes.subarray(offset, offset + pieceBytes));
      offset += pieceBytes;
      if (offset >= bytes.length) controller.close();
    },
  });
}
