import type { Ctx } from '../context.ts';
import type { Usage, UsageGroup } from '../contract/api/usage.ts';
import { freeBytesLeft, type Balance } from '../usage/balance.ts';
import { totalOf, type UsageRow, type UsageSums } from '../usage/read-usage.ts';
import { costInDollars } from './money.ts';

/** Names of groups as members of a row. */
export const GROUP_MEMBERS = {
  day: 'day',
  key: 'keyId',
  kind: 'kind',
  destination: 'destination',
  host: 'host',
} as const satisfies Record<UsageGroup, string>;

/** The answer of `GET /usage`. */
export function toUsageView(
  ctx: Ctx,
  usage: { from: string; to: string; rows: readonly UsageRow[]; balance: Balance },
): Usage {
  const { from, to, rows, balance } = usage;
  return {
    from,
    to,
    rows: rows.map(toRow),
    total: toSums(totalOf(rows)),
    balance: ctx.config.BILLING === 'on' ? toBalance(ctx, balance) : null,
  };
}

function toRow({ group, ...sums }: UsageRow): Usage['rows'][number] {
  const members = Object.entries(group).map(([name, value]) => [GROUP_MEMBERS[name as UsageGroup], value]);
  return { ...Object.fromEntries(members), ...toSums(sums) };
}

function toSums({ microdollars, ...counts }: UsageSums): Usage['total'] {
  return { ...counts, costInDollars: costInDollars(microdollars), costInMicrodollars: microdollars };
}

function toBalance(ctx: Ctx, balance: Balance): NonNullable<Usage['balance']> {
  const { creditedMicrodollars, spentMicrodollars } = balance;
  const microdollars = creditedMicrodollars - spentMicrodollars;
  return {
    balanceInDollars: Math.floor(microdollars / 10_000) / 100,
    balanceInMicrodollars: microdollars,
    creditedInMicrodollars: creditedMicrodollars,
    spentInMicrodollars: spentMicrodollars,
    freeBytesLeft: freeBytesLeft(ctx, balance),
  };
}
