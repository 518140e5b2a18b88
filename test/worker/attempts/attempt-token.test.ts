import { expect, it } from 'vitest';
import { mintAttemptToken, readAttemptToken } from '../../../worker/attempts/attempt-token.ts';
import { uuidV7 } from '../../../worker/ids.ts';
import { makeCtx } from '../support/make-ctx.ts';

const unauthorized = expect.objectContaining({ code: 'unauthorized' });

it('contains the job and the attempt that it was issued for', async () => {
  const ctx = makeCtx();
  const ref = { jobId: ctx.newId(), attempt: 12 };
  expect(await readAttemptToken(ctx, await mintAttemptToken(ctx, ref))).toEqual(ref);
});

it('refuses a changed token, and text that has not the form of a token', async () => {
  const ctx = makeCtx();
  const token = await mintAttemptToken(ctx, { jobId: ctx.newId(), attempt: 1 });
  const [jobId = '', attempt = '', expiry = '', signature = ''] = token.split('.');
  const forged = [
    [ctx.newId(), attempt, expiry, signature].join('.'),
    [jobId, '2', expiry, signature].join('.'),
    [jobId, attempt, String(Number(expiry) + 1), signature].join('.'),
    [jobId, attempt, expiry, `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`].join('.'),
    [jobId, `0${attempt}`, expiry, signature].join('.'),
    `${token}.`,
    `${token} `,
    '',
    '...',
    'x'.repeat(10_000),
  ];
  for (const text of forged) await expect(readAttemptToken(ctx, text)).rejects.toEqual(unauthorized);
});

it('refuses a token signed with another key', async () => {
  const ctx = makeCtx();
  const other = makeCtx();
  other.config = { ...other.config, ATTEMPT_TOKEN_KEY: btoa('another key of thirty-two bytes!') };
  const token = await mintAttemptToken(other, { jobId: ctx.newId(), attempt: 1 });
  await expect(readAttemptToken(ctx, token)).rejects.toEqual(unauthorized);
});

it('is valid longer than the longest job, and stale after that', async () => {
  const ctx = makeCtx();
  const token = await mintAttemptToken(ctx, { jobId: ctx.newId(), attempt: 1 });
  ctx.clock.advance(ctx.config.JOB_TIMEOUT_SECONDS * 1000 + 60_000);
  await readAttemptToken(ctx, token);
  ctx.clock.advance(3_600_000);
  await expect(readAttemptToken(ctx, token)).rejects.toEqual(expect.objectContaining({ code: 'stale' }));
});

it('makes UUIDs of version 7 that sort by their time', () => {
  const ids = [1, 2 ** 32 - 1, 2 ** 32, Date.UTC(2026, 0, 1), Date.UTC(2100, 0, 1)].map(uuidV7);
  expect(ids).toEqual([...ids].sort());
  expect(ids[0]).toMatch(/^00000000-0001-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(new Set(Array.from({ length: 1000 }, () => uuidV7(0))).size).toBe(1000);
});
