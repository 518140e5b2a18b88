/**
 * Whether webhooks may go to a host. A Worker sees no addresses, so a downloader resolves the name; its verdict is kept for all
 * workspaces and renewed from time to time.
 */
import { and, desc, eq, gt, lt, sql } from 'drizzle-orm';
import { literalAddress } from '../contract/address-policy.ts';
import { fleetSlots } from '../contract/downloader/slot-names.ts';
import type { Ctx } from '../context.ts';
import { slots } from '../db/tables/slots.ts';
import { webhookHosts } from '../db/tables/webhooks.ts';
import { errorText } from '../error-text.ts';
import { hostOfUrl, type ProbedHost } from '../storage/destinations/endpoint-verdict.ts';
import { addressForbidden } from './check-url.ts';

/** How long a verdict is used without asking again, in milliseconds. A refusal may be a fault of DNS that ends soon. */
const ALLOWED_FOR_MS = 15 * 60_000;
const REFUSED_FOR_MS = 60_000;
/** A verdict that nobody has renewed for this time is forgotten, in milliseconds. */
const KEPT_MS = 7 * 24 * 3600_000;
/** A downloader that has reported within this time runs, in milliseconds. Asking another one could start its container. */
const WORKING_MS = 120_000;
/** What a sender waits for a verdict, in milliseconds: its request needs most of the 30 s that it has. */
const RENEWAL_TIMEOUT_MS = 5_000;

/**
 * Asks a downloader about the host of a new URL, and waits for its answer. AppError `webhook_address_forbidden` for `field` when
 * the host has no address that is allowed. When no downloader answers, the last verdict counts; without one, the host is allowed.
 */
export async function requireWebhookHost(ctx: Ctx, url: string, field: string): Promise<void> {
  const at = hostToProbe(url);
  if (at === null) return;
  // A name without a public address looks like one that does not exist, so that nobody learns which internal names there are.
  const isAllowed = (await askDownloader(ctx, at)) ?? (await findVerdict(ctx, at))?.isAllowed ?? true;
  if (!isAllowed) throw addressForbidden(field, 'its host has no public address');
}

/**
 * Whether a request may be sent. An old verdict is renewed by a downloader that runs. Without one, and when it does not answer
 * in time, the old verdict counts.
 */
export async function mayConnect(ctx: Ctx, url: string): Promise<boolean> {
  const at = hostToProbe(url);
  if (at === null) return true;
  const known = await findVerdict(ctx, at);
  if (known && isFresh(ctx, known)) return known.isAllowed;
  const slot = await findWorkingSlot(ctx);
  const renewed = slot === null ? null : await inTime(askDownloader(ctx, at, slot));
  return renewed ?? known?.isAllowed ?? true;
}

/** Null for an address, on which the policy itself has judged. */
function hostToProbe(url: string): ProbedHost | null {
  const at = hostOfUrl(url);
  return literalAddress(at.host) === null ? at : null;
}

type Verdict = typeof webhookHosts.$inferSelect;

function isFresh(ctx: Ctx, { isAllowed, checkedAt }: Verdict): boolean {
  return ctx.now() - checkedAt < (isAllowed ? ALLOWED_FOR_MS : REFUSED_FOR_MS);
}

async function findVerdict(ctx: Ctx, at: ProbedHost): Promise<Verdict | undefined> {
  return ctx.db.query.webhookHosts.findFirst({ where: eq(webhookHosts.host, keyOf(at)) });
}

/** Null when the downloader does not answer. */
async function askDownloader(ctx: Ctx, at: ProbedHost, slot?: string): Promise<boolean | null> {
  try {
    const { allowed, addresses } = await ctx.downloader.probe({ ...at, purpose: 'webhook' }, slot);
    const isAllowed = allowed && addresses.length > 0;
    await keepVerdict(ctx, { host: keyOf(at), isAllowed, checkedAt: ctx.now() });
    return isAllowed;
  } catch (error) {
    ctx.log.info('webhook.probe_failed', { host: at.host, error: errorText(error) });
    return null;
  }
}

/** Old verdicts are removed here, so that the table needs no sweep. */
async function keepVerdict(ctx: Ctx, verdict: Verdict): Promise<void> {
  const { isAllowed, checkedAt } = verdict;
  await ctx.db.batch([
    ctx.db.delete(webhookHosts).where(lt(webhookHosts.checkedAt, checkedAt - KEPT_MS)),
    ctx.db
      .insert(webhookHosts)
      .values(verdict)
      .onConflictDoUpdate({ target: webhookHosts.host, set: { isAllowed, checkedAt } }),
  ]);
}

/** Fleet members are not asked: they only fetch jobs. */
async function findWorkingSlot(ctx: Ctx): Promise<string | null> {
  const fleet = JSON.stringify(fleetSlots(ctx.config));
  const [row] = await ctx.db
    .select({ slot: slots.slot })
    .from(slots)
    .where(
      and(
        sql`${slots.slot} IN (SELECT value FROM json_each(${fleet}))`,
        gt(slots.lastSeenAt, ctx.now() - WORKING_MS),
      ),
    )
    .orderBy(desc(slots.lastSeenAt))
    .limit(1);
  return row?.slot ?? null;
}

/** Null when the answer takes too long; it is kept when it comes. */
async function inTime<Answer>(answer: Promise<Answer>): Promise<Answer | null> {
  const { promise: late, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(() => resolve(null), RENEWAL_TIMEOUT_MS);
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

function keyOf({ host, port }: ProbedHost): string {
  return `${host}:${port}`;
}
