import type { Ctx } from '../context.ts';
import type { HardStops } from '../contract/choice/media-choice.ts';
import type { JobRow } from '../db/rows.ts';
import { freeBytesLeft, readBalance } from './balance.ts';
import { bytesForCost } from '../contract/cost.ts';

/** Lowers the limits of an import to what its workspace can pay, so that a file beyond it is not downloaded. */
export async function stopsWithinBalance(
  ctx: Ctx,
  { workspaceId }: JobRow,
  stops: HardStops | null,
): Promise<HardStops | null> {
  const { BILLING, PRICE_PER_MB_USD } = ctx.config;
  if (BILLING === 'off' || PRICE_PER_MB_USD === 0) return stops;
  const balance = await readBalance(ctx, workspaceId);
  const available = Math.max(0, balance.creditedMicrodollars - balance.spentMicrodollars);
  const payable = freeBytesLeft(ctx, balance) + bytesForCost(available, PRICE_PER_MB_USD);
  const maxBytes = Math.min(Math.max(0, payable - balance.heldBytes), Number.MAX_SAFE_INTEGER);
  if (maxBytes >= (stops?.maxBytes ?? ctx.config.MAX_BYTES)) return stops;
  return { ...stops, maxBytes, maxBytesCode: 'insufficient_balance' };
}
