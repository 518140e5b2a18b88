import { toMediaChoice } from '../../contract/api/media-choice.ts';
import { isFileSlot } from '../../contract/downloader/slot-names.ts';
import { sql } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { findRequestedDestination } from '../../storage/destinations/choose-destination.ts';
import { queueFallbackTransfer } from '../../transfers/transfer-rows.ts';
import type { JobEnd } from '../end/job-end.ts';
import { insertWords } from '../imports/insert-words.ts';
import { wordsOf } from '../imports/search-words.ts';
import { costMicrodollars } from './cost.ts';
import { hardStops } from './hard-stops.ts';
import type { Kind } from './kind.ts';

/** Downloads the media behind a URL and stores it. */
export const importKind: Kind = {
  command: ({ config }, { request, slot, sourceOneConnection }) => {
    const source = {
      url: request.url,
      ...(sourceOneConnection && { oneConnection: true as const }),
      ...(slot !== null && isFileSlot(slot, config) && { filesOnly: true as const }),
    };
    const choice = toMediaChoice(request);
    return { kind: 'import', source, ...(choice && { choice }) };
  },
  uploads: {
    findDestination: findRequestedDestination,
    findKnownFile: async () => null,
    findNamingJob: async (_ctx, job) => job,
    mayFallBack: true,
    stops: ({ PRICE_PER_MB_USD }, { request }) => hardStops(request, PRICE_PER_MB_USD),
  },
  bill: ({ PRICE_PER_MB_USD }, bytes) => ({ bytes, microdollars: costMicrodollars(bytes, PRICE_PER_MB_USD) }),
  events: {
    completed: [{ type: 'import.completed' }],
    failed: [{ type: 'import.failed' }],
    canceled: [{ type: 'import.canceled' }],
  },
  announcesProgress: true,
  callbackUrl: ({ request }) => request.webhookUrl ?? null,
  endStatements: [queueFallbackTransfer, insertTitleWords],
};

/** The list of imports finds a completed one also by its title. */
function insertTitleWords(ctx: Ctx, { job, title, isEnded }: JobEnd) {
  if (title === null) return null;
  const { id: importId, workspaceId } = job;
  const exists = sql`EXISTS (SELECT 1 FROM ${jobs} WHERE ${isEnded})`;
  return insertWords(ctx, [{ workspaceId, importId, words: wordsOf(title) }], exists);
}
