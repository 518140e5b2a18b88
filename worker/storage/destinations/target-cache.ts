/**
 * Opened targets of the last seconds, in the memory of this isolate, so that the parts of an upload do not read and decrypt the same settings
 * again and again. They contain credentials: nothing logs, stores or sends them.
 */
import { ShortMemory } from '../../attempts/short-memory.ts';
import type { Ctx } from '../../context.ts';
import type { DestinationRow } from '../../db/rows.ts';
import { AppError } from '../../errors.ts';
import { sha256Hex } from '../../sha256.ts';
import type { S3Target, TargetChoice } from '../s3/target.ts';
import { findDestination, openDestination } from './destinations.ts';

/** Also how long a deleted destination, or one with another secret, still takes parts of uploads that began before. */
const KEPT_MS = 10_000;
const MAX_KEPT = 100;

/** A target of an upload. Saved settings have another revision after each change. */
export interface TargetRef {
  destinationId: string;
  revision: string;
  bucket: string;
  storageClass: string | null;
}

const kept = new ShortMemory<S3Target>(MAX_KEPT);

const revisions = new WeakMap<DestinationRow, string>();

/** Differs between all versions of a row. */
export async function revisionOf(row: DestinationRow): Promise<string> {
  const known = revisions.get(row);
  if (known !== undefined) return known;
  const revision = (await sha256Hex(JSON.stringify(row))).slice(0, 32);
  revisions.set(row, revision);
  return revision;
}

/** The target of a destination that was read now. It is decrypted unless that was done within the last seconds. AppErrors as `openDestination`. */
export async function openRecent(
  ctx: Ctx,
  row: DestinationRow,
  { bucket, storageClass }: TargetChoice,
): Promise<S3Target> {
  const place = { bucket: bucket ?? row.bucket, storageClass: storageClass ?? null };
  const ref = { destinationId: row.id, revision: await revisionOf(row), ...place };
  const target =
    kept.get(keyOf(ref), ctx.now()) ?? (await openDestination(ctx, row, { bucket, storageClass }));
  keepTarget(ctx, ref, target);
  return target;
}

/** Keeps an opened target for the next parts. */
function keepTarget(ctx: Ctx, ref: TargetRef, target: S3Target): void {
  const nowMs = ctx.now();
  kept.keep(keyOf(ref), target, { nowMs, untilMs: nowMs + KEPT_MS });
}

/**
 * The target of an upload whose settings were read before. AppError `storage_not_configured` when the destination was deleted, and as
 * `openDestination`.
 */
export async function reopenTarget(ctx: Ctx, ref: TargetRef): Promise<S3Target> {
  const found = kept.get(keyOf(ref), ctx.now());
  if (found) return found;
  const row = await findDestination(ctx, ref.destinationId);
  if (!row) throw new AppError('storage_not_configured');
  const { bucket, storageClass } = ref;
  const target = await openDestination(ctx, row, { bucket, storageClass: storageClass ?? undefined });
  keepTarget(ctx, ref, target);
  return target;
}

function keyOf({ destinationId, revision, bucket, storageClass }: TargetRef): string {
  return JSON.stringify([destinationId, revision, bucket, storageClass]);
}
