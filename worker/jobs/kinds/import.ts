import { sql } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { JobRow } from '../../db/rows.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { findRequestedDestination } from '../../storage/destinations/choose-destination.ts';
import { listRequested } from '../../storage/destinations/several-destinations.ts';
import { startDueTransfers } from '../../transfers/start-due-transfers.ts';
import { queueCopies } from '../../transfers/queue-copies.ts';
import { queueFallbackTransfer } from '../../transfers/transfer-rows.ts';
import type { JobEnd } from '../end/job-end.ts';
import { insertWords } from '../imports/insert-words.ts';
import { countSiteResult } from '../sites/count-result.ts';
import { wordsOf, wordsOfUrl } from '../imports/search-words.ts';
import { costMicrodollars } from '../../contract/cost.ts';
import { holdCost } from '../../usage/hold-cost.ts';
import type { Kind } from './kind.ts';
import { requestStops, sourceTask } from './source-task.ts';

/** Downloads the media behind a URL and stores it. */
export const importKind: Kind = {
  command: (ctx, job) => ({
    kind: 'import',
    ...sourceTask(ctx, job),
    ...(hasSeveralDestinations(job) && { secondaries: true }),
  }),
  stops: requestStops,
  uploads: {
    findDestination: findRequestedDestination,
    listDestinations: listRequested,
    findKnownFile: async () => null,
    findNamingJob: async (_ctx, job) => job,
    mayFallBack: true,
    stops: requestStops,
    holdCost,
  },
  bill: ({ PRICE_PER_MB_USD }, bytes) => ({ bytes, microdollars: costMicrodollars(bytes, PRICE_PER_MB_USD) }),
  events: {
    completed: [{ type: 'import.completed' }],
    failed: [{ type: 'import.failed' }],
    canceled: [{ type: 'import.canceled' }],
  },
  announcesProgress: true,
  callbackUrl: ({ request }) => request.webhookUrl ?? null,
  batchOf: ({ batchId }) => batchId,
  endStatements: [queueFallbackTransfer, queueCopies, insertTitleWords, countSiteResult],
  afterEnd: startCopies,
};

function hasSeveralDestinations({ request: { store, storageDestinations = [] } }: JobRow): boolean {
  return store === true && storageDestinations.length > 1;
}

/** Of several destinations, those that have no file yet get it at once. What fails here is done by the next sweep. */
async function startCopies(ctx: Ctx, { status, workspaceId, request }: JobRow): Promise<void> {
  if (status === 'completed' && request.storageDestinations !== undefined)
    await startDueTransfers(ctx, workspaceId);
}

/** The list of imports finds a completed one also by its title. The words of its URL were inserted with the job. */
function insertTitleWords(ctx: Ctx, { job, title, isEnded }: JobEnd) {
  const known = new Set(wordsOfUrl(job.request.url));
  const words = wordsOf(title ?? '').filter((word) => !known.has(word));
  if (words.length === 0) return null;
  const { id: importId, workspaceId } = job;
  const exists = sql`EXISTS (SELECT 1 FROM ${jobs} WHERE ${isEnded})`;
  return insertWords(ctx, [{ workspaceId, importId, words }], exists);
}
