import { findRequestedDestination } from '../../storage/destinations/choose-destination.ts';
import { queueFallbackTransfer } from '../../transfers/transfer-rows.ts';
import { costMicrodollars } from './cost.ts';
import type { Kind } from './kind.ts';

/** Downloads the media behind a URL and stores it. */
export const importKind: Kind = {
  command: (_ctx, { request, sourceOneConnection }) => ({
    kind: 'import',
    source: { url: request.url, ...(sourceOneConnection && { oneConnection: true }) },
  }),
  uploads: {
    findDestination: findRequestedDestination,
    findKnownFile: async () => null,
    findNamingJob: async (_ctx, job) => job,
    mayFallBack: true,
  },
  bill: ({ PRICE_PER_MB_USD }, bytes) => ({ bytes, microdollars: costMicrodollars(bytes, PRICE_PER_MB_USD) }),
  events: { completed: 'import.completed', failed: 'import.failed', canceled: 'import.canceled' },
  eventSubject: ({ id }) => id,
  endStatements: [queueFallbackTransfer],
};
