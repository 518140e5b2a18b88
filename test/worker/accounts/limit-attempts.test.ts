import { expect, test } from 'vitest';
import { countAttempt, type Attempt } from '../../../worker/accounts/limit-attempts.ts';
import { signIn } from '../../../worker/accounts/sign-in.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { makePerson, newEmail, pageRequest, PASSWORD } from '../support/people.ts';

const ctx = makeCtx();
const HOUR_MS = 3_600_000;

/** The code with which the attempt is refused; null when it is allowed. */
async function count(email: string, client = '192.0.2.1', headers = {}, attempt: Attempt = 'sign-in') {
  const request = pageRequest([], { 'cf-connecting-ip': client, ...headers });
  const refused = countAttempt(ctx, { attempt, email, request });
  return refused.then(
    () => null,
    ({ code }: { code: string }) => code,
  );
}

/** How many of so many attempts are allowed. */
async function allowed(times: number, attempt: (n: number) => Promise<string | null>): Promise<number> {
  const codes = await Promise.all(Array.from({ length: times }, (_, n) => attempt(n)));
  expect(new Set(codes)).toContain('sign_in_limited');
  return codes.filter((code) => code === null).length;
}

test('a client has ten attempts in an hour for an address, exactly, also when they come together', async () => {
  const email = newEmail();
  expect(await allowed(30, () => count(email))).toBe(10);
  expect(await count(newEmail())).toBeNull();
  expect(await count(email, '198.51.100.7')).toBeNull();
  ctx.clock.advance(HOUR_MS);
  expect(await count(email)).toBeNull();
});

test('a client cannot choose the address that is counted', async () => {
  const email = newEmail();
  const forged = (n: number) => ({ 'x-forwarded-for': `203.0.113.${n}`, 'x-real-ip': `203.0.113.${n}` });
  expect(await allowed(11, (n) => count(email, '192.0.2.2', forged(n)))).toBe(10);
});

test('a client has sixty attempts for all addresses, and an IPv6 network is one client', async () => {
  expect(await allowed(70, () => count(newEmail(), '192.0.2.3'))).toBe(60);
  expect(await allowed(70, (n) => count(newEmail(), `2001:db8:1:2::${n}`))).toBe(60);
  expect(await count(newEmail(), '2001:db8:1:3::1')).toBeNull();
});

test('many clients have a hundred attempts for one address', async () => {
  const email = newEmail();
  expect(await allowed(110, (n) => count(email, `198.51.100.${n}`))).toBe(100);
});

test('the right password is refused too when the attempts are used up, and kinds of attempts are counted apart', async () => {
  const { email } = await makePerson(ctx);
  await allowed(11, () => count(email, '192.0.2.4'));
  const request = pageRequest([], { 'cf-connecting-ip': '192.0.2.4' });
  const until = new Date(ctx.now() + HOUR_MS).toISOString();
  await expect(signIn(ctx, { request, email, password: PASSWORD })).rejects.toMatchObject({
    code: 'sign_in_limited',
    status: 429,
    message: `There were too many attempts. Try again after ${until}.`,
    fields: { retryAfter: 3600 },
  });
  expect(await count(email, '192.0.2.4', {}, 'reset')).toBeNull();
});

test('nobody can sign in while attempts cannot be counted', async () => {
  const take = () => Promise.reject(new Error('unreachable'));
  const broken = makeCtx({ rateCounter: () => ({ take }) });
  const { email } = await makePerson(broken);
  await expect(signIn(broken, { request: pageRequest(), email, password: PASSWORD })).rejects.toMatchObject({
    code: 'sign_in_unavailable',
  });
  expect(broken.lines).toContainEqual(expect.objectContaining({ event: 'account.count_failed' }));
});
