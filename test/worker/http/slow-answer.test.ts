import { expect, it } from 'vitest';
import { AppError } from '../../../worker/errors.ts';
import { answerSlowWork } from '../../../worker/http/slow-answer.ts';
import { makeCtx, type TestCtx } from '../support/make-ctx.ts';

interface Answer {
  outcome: 'done' | 'working';
}
const DONE: Answer = { outcome: 'done' };
const PENDING: Answer = { outcome: 'working' };
const at = (ctx: TestCtx, work: Promise<Answer>) =>
  answerSlowWork(ctx, { work, pending: PENDING, answerWithinMs: 20, keepAliveMs: 5 });

it('answers 200 when the work ends soon, and 202 when its outcome is to ask again', async () => {
  const ctx = makeCtx();
  const done = await at(ctx, Promise.resolve(DONE));
  expect([done.status, await done.json()]).toEqual([200, DONE]);
  const pending = await at(ctx, Promise.resolve(PENDING));
  expect([pending.status, await pending.json()]).toEqual([202, PENDING]);
});

it('throws the error of work that fails soon', async () => {
  const work = Promise.reject(new AppError('storage_unavailable'));
  await expect(at(makeCtx(), work)).rejects.toThrow(expect.objectContaining({ code: 'storage_unavailable' }));
});

it('answers 202 while the work goes on, and keeps the body open until the work ends', async () => {
  const ctx = makeCtx();
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const response = await at(ctx, promise);
  expect(response.status).toBe(202);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  expect(await reader.read()).toEqual({ done: false, value: ' ' });
  expect(await reader.read()).toEqual({ done: false, value: ' ' });
  resolve(DONE);
  let text = '';
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) text += chunk.value;
  expect(JSON.parse(text)).toEqual(PENDING);
  await ctx.settled();
});

it.each([
  ['an expected error, which the next call meets', new AppError('storage_unavailable'), []],
  ['a surprise, which is logged', new Error('D1 is gone'), ['request.work_failed']],
])('asks the caller to ask again after %s', async (_, error, events) => {
  const ctx = makeCtx();
  const { promise, reject } = Promise.withResolvers<Answer>();
  const response = await at(ctx, promise);
  reject(error);
  expect(await response.json()).toEqual(PENDING);
  await ctx.settled();
  expect(ctx.lines.map(({ event }) => event)).toEqual(events);
});

it('does not end the work when the caller leaves', async () => {
  const ctx = makeCtx();
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const response = await at(ctx, promise);
  await response.body!.cancel();
  resolve(DONE);
  await ctx.settled();
  expect(await promise).toEqual(DONE);
});
