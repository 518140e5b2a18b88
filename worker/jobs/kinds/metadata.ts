import type { Config } from '../../config.ts';
import type { Bill } from '../../contract/cost.ts';
import type { Kind } from './kind.ts';
import { requestStops, sourceTask } from './source-task.ts';

/** What both kinds have in common: they read a source as an import does, store nothing, and cost a fixed price. */
const common = {
  bill: ({ PRICE_METADATA_USD }: Config): Bill => ({
    bytes: 0,
    microdollars: Math.round(PRICE_METADATA_USD * 1e6),
  }),
  announcesProgress: false,
  callbackUrl: ({ request }) => request.webhookUrl ?? null,
  endStatements: [],
} satisfies Partial<Kind>;

/** Describes the media behind a URL, and estimates what its import would take. */
export const metadataKind: Kind = {
  ...common,
  command: (ctx, job) => ({ kind: 'metadata', ...sourceTask(ctx, job) }),
  stops: requestStops,
  events: {
    completed: [{ type: 'metadata.completed' }],
    failed: [{ type: 'metadata.failed' }],
    canceled: [{ type: 'metadata.canceled' }],
  },
};

/** Finds out title, duration and thumbnail alone. */
export const basicMetadataKind: Kind = {
  ...common,
  command: (ctx, job) => ({ kind: 'basic_metadata', ...sourceTask(ctx, job) }),
  events: {
    completed: [{ type: 'basic-metadata.completed' }],
    failed: [{ type: 'basic-metadata.failed' }],
    canceled: [{ type: 'basic-metadata.canceled' }],
  },
};
