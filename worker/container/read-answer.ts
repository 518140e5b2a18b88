import type { z } from 'zod';

/** More than any answer of a downloader has, in bytes: what runs other people's media must not fill our memory. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** Reads a JSON answer by its schema; throws for a status other than 200, an oversized or a malformed one. */
export async function readAnswer<T>(response: Response, schema: z.ZodType<T>): Promise<T> {
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the downloader answered ${response.status}`);
  }
  return schema.parse(JSON.parse(await readText(response)));
}

async function readText(response: Response): Promise<string> {
  let bytes = 0;
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    // Leaving the loop cancels the body.
    if (bytes > MAX_ANSWER_BYTES) throw new Error('the answer of the downloader is too long');
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
