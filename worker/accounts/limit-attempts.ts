/** Limits how often passwords and links can be tried, exactly for all isolates. */
import type { Ctx } from '../context.ts';
import { parseIp } from '../contract/global-address.ts';
import type { Take } from '../contract/rates.ts';
import { errorText } from '../error-text.ts';
import { AppError } from '../errors.ts';
import { sha256Hex } from '../sha256.ts';

/** What is tried. Each has counts of its own. */
export type Attempt = 'sign-in' | 'sign-up' | 'reset' | 'password-change';

interface Limits {
  /** Attempts in an hour from one client for one e-mail address. */
  pair: number;
  /** Attempts in an hour for one e-mail address, from everywhere. Others can use them up, so there are many. */
  email: number;
  /** Attempts in an hour from one client. */
  client: number;
}

const LIMITS: Record<Attempt, Limits> = {
  'sign-in': { pair: 10, email: 100, client: 60 },
  'sign-up': { pair: 10, email: 100, client: 20 },
  reset: { pair: 3, email: 10, client: 20 },
  'password-change': { pair: 10, email: 10, client: 60 },
};

/** A client can have a whole network of this many bytes in IPv6. */
const IPV6_NETWORK_BYTES = 8;

/**
 * Counts an attempt for this e-mail address. AppError `sign_in_limited` when there were too many, whether the address has an
 * account or not, and `sign_in_unavailable` when nothing can be counted: unlimited guessing is worse than an outage.
 */
export async function countAttempt(
  ctx: Ctx,
  { attempt, email, request }: { attempt: Attempt; email: string; request: Request },
): Promise<void> {
  const limits = LIMITS[attempt];
  const client = await sha256Hex(networkOf(request.headers.get('cf-connecting-ip') ?? ''));
  const address = await sha256Hex(email);
  await take(ctx, attempt, client, [{ name: `${attempt}/client/${client}`, limit: limits.client }]);
  await take(ctx, attempt, address, [
    { name: `${attempt}/pair/${address}/${client}`, limit: limits.pair },
    { name: `${attempt}/email/${address}`, limit: limits.email },
  ]);
}

/** 256 counters share the work. */
async function take(ctx: Ctx, attempt: Attempt, hash: string, takes: [Take, ...Take[]]): Promise<void> {
  const taken = await askCounter(ctx, `accounts/${hash.slice(0, 2)}`, takes);
  if (taken.granted) return;
  ctx.log.info('account.attempts_limited', { attempt });
  const until = new Date(taken.tightest.resetAt).toISOString();
  const retryAfter = Math.ceil((taken.tightest.resetAt - ctx.now()) / 1000);
  throw new AppError('sign_in_limited', `There were too many attempts. Try again after ${until}.`, {
    retryAfter,
    until,
  });
}

async function askCounter(ctx: Ctx, counter: string, takes: [Take, ...Take[]]) {
  try {
    return await ctx.rateCounter(counter).take(takes, ctx.now());
  } catch (error) {
    ctx.log.error('account.count_failed', { error: errorText(error) });
    throw new AppError('sign_in_unavailable');
  }
}

function networkOf(client: string): string {
  const bytes = parseIp(client)?.toByteArray() ?? [];
  return bytes.slice(0, bytes.length === 4 ? 4 : IPV6_NETWORK_BYTES).join('.');
}
