/** Answers to calls whose work may take minutes. */
import type { Ctx } from '../context.ts';
import { AppError } from '../errors.ts';
import { errorText } from '../error-text.ts';

/** How long a call waits for its work before it answers 202, in milliseconds. */
const ANSWER_WITHIN_MS = 5_000;
/** Milliseconds between two bytes of an open body: proxies close connections that are silent for a minute or two. */
const KEEP_ALIVE_MS = 5_000;
const SPACE = new TextEncoder().encode(' ');

interface SlowWork<Answer> {
  work: Promise<Answer>;
  /** The answer, with status 202, that asks the caller to repeat the call. The work itself may also end with it. */
  pending: Answer;
  answerWithinMs?: number;
  keepAliveMs?: number;
}

/**
 * The answer to the work, or 202 when the work takes longer. The body of the 202 stays open until the work ends, because
 * the platform stops work that still runs 30 seconds after the end of an answer. The work continues when the caller
 * disconnects.
 */
export async function answerSlowWork<Answer extends { outcome: string }>(
  ctx: Ctx,
  { work, pending, answerWithinMs = ANSWER_WITHIN_MS, keepAliveMs = KEEP_ALIVE_MS }: SlowWork<Answer>,
): Promise<Response> {
  ctx.background(work.then(ignore, ignore));
  const answer = await Promise.race([work, after(answerWithinMs, null)]);
  if (answer !== null)
    return Response.json(answer, { status: answer.outcome === pending.outcome ? 202 : 200 });
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const settled = work.then(ignore, (error: unknown) => logSurprise(ctx, error));
  ctx.background(keepOpen(writable, { settled, lastBytes: encode(pending), keepAliveMs }));
  return new Response(readable, { status: 202, headers: { 'content-type': 'application/json' } });
}

/** JSON may begin with white space: one space from time to time, then the whole value. */
async function keepOpen(
  body: WritableStream<Uint8Array>,
  { settled, lastBytes, keepAliveMs }: { settled: Promise<void>; lastBytes: Uint8Array; keepAliveMs: number },
): Promise<void> {
  const writer = body.getWriter();
  const done = settled.then(() => true);
  try {
    while (!(await Promise.race([done, after(keepAliveMs, false)]))) await writer.write(SPACE);
    await writer.write(lastBytes);
    await writer.close();
  } catch {
    // The caller disconnected and will repeat the call.
  }
}

/** An expected error is not logged: the caller gets it when it repeats the call. */
function logSurprise(ctx: Ctx, error: unknown): void {
  if (!(error instanceof AppError)) ctx.log.error('request.work_failed', { error: errorText(error) });
}

function after<Value>(ms: number, value: Value): Promise<Value> {
  return new Promise((resolve) => setTimeout(() => resolve(value), ms));
}

function encode(value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function ignore(): void {}
