import { findJob } from '../../attempts/live-attempt.ts';
import type { Ctx } from '../../context.ts';
import type { StoredSource } from '../../contract/downloader/command.ts';
import type { ArtifactRole } from '../../contract/media.ts';
import { controlUrl } from '../../control-url.ts';
import type { ArtifactRow, JobRow } from '../../db/rows.ts';
import { errorText } from '../../error-text.ts';
import { AppError } from '../../errors.ts';
import { findImportedFile } from '../../storage/copies/find-copy.ts';
import { startDueTransfers } from '../../transfers/start-due-transfers.ts';
import { findTransferDestination } from '../../transfers/transfer-destination.ts';
import { hurryAfterStore, settleTransfer } from '../../transfers/transfer-rows.ts';
import type { Kind } from './kind.ts';

/** Copies the file of a finished import to a destination. It never reads the source of the import. */
export const storeKind: Kind = {
  command: async (ctx, job) => ({ kind: 'store', source: await storedSource(ctx, job) }),
  importOf: importIdOf,
  uploads: {
    findDestination: findTransferDestination,
    findKnownFile,
    // The object gets the name that the import would have given it.
    findNamingJob: async (ctx, job) => (await findJob(ctx, importIdOf(job))) ?? job,
    // Service storage has the file already, or its copy there has expired.
    mayFallBack: false,
  },
  // The import has paid for the file.
  bill: () => ({ bytes: 0, microdollars: 0 }),
  events: {
    completed: [{ type: 'store.completed' }, { type: 'import.stored', subject: importIdOf }],
    failed: [{ type: 'store.failed' }],
    canceled: [{ type: 'store.canceled' }],
  },
  announcesProgress: false,
  // Its request is a copy of that of the import, which has been announced there.
  callbackUrl: () => null,
  endStatements: [settleTransfer],
  afterEnd: startNextTransfers,
};

function importIdOf({ id, storeOf }: JobRow): string {
  if (storeOf === null) throw new Error(`store job ${id} names no import`);
  return storeOf;
}

async function findKnownFile(
  ctx: Ctx,
  { job, role }: { job: JobRow; role: ArtifactRole },
): Promise<ArtifactRow> {
  const file = await findImportedFile(ctx, { importId: importIdOf(job), role });
  if (!file) throw new AppError('source_copy_gone');
  return file;
}

/** The URL is one of this attempt. Each request to it decides which copy of the file is read. */
async function storedSource(ctx: Ctx, job: JobRow): Promise<StoredSource> {
  const file = await findImportedFile(ctx, { importId: importIdOf(job), role: 'media' });
  if (!file || file.sizeBytes === null || file.crc32 === null || !file.facts) {
    throw new Error(`the import of store job ${job.id} has no file`);
  }
  const { title, extension, contentType, sizeBytes, crc32, sha256, facts } = file;
  const checksums = { crc32, ...(sha256 !== null && { sha256 }) };
  const url = `${controlUrl(ctx.config, job.slot)}/jobs/${job.id}/source`;
  return { kind: 'stored', url, title, extension, contentType, sizeBytes, checksums, facts };
}

/** The ended job makes room for the next transfers of its workspace. What fails here is done by the next sweep. */
async function startNextTransfers(ctx: Ctx, { id, status, workspaceId }: JobRow): Promise<void> {
  try {
    if (status === 'completed') await hurryAfterStore(ctx, id);
  } catch (error) {
    ctx.log.error('transfer.hurry_failed', { jobId: id, error: errorText(error) });
  }
  await startDueTransfers(ctx, workspaceId);
}
