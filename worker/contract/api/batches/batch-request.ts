/** The body of `POST /batches`: URLs, items with options of their own, or a playlist. */
import { z } from 'zod';
import { httpUrl } from '../http-url.ts';
import { importOptions, sourceUrl, type ImportOptions } from '../import-request.ts';
import { choiceProblems } from '../media-choice.ts';
import { destinationProblems } from '../storage/destination-list.ts';

/** Items of one batch. */
export const MAX_BATCH_ITEMS = 1000;
const DEFAULT_ENTRIES = 100;

/** Which entries of a playlist are imported. */
const entryFilter = {
  maxEntries: z
    .int()
    .min(1)
    .max(MAX_BATCH_ITEMS)
    .default(DEFAULT_ENTRIES)
    .meta({ description: `The most entries that are imported. Default: ${DEFAULT_ENTRIES}.` }),
  title: z.string().trim().min(1).max(200).optional().meta({
    description: 'Imports only entries whose title contains this text, in small or capital letters.',
  }),
  uploadedFrom: z.iso.date().optional().meta({
    description:
      'Imports only entries of this day or later. An entry whose day the playlist does not tell is left out.',
  }),
  uploadedTo: z.iso.date().optional().meta({ description: 'Imports only entries of this day or earlier.' }),
};

export const PlaylistSource = z
  .strictObject({
    url: httpUrl('url').describe('The URL of a playlist, a channel or a feed.'),
    ...entryFilter,
  })
  .meta({
    id: 'PlaylistSource',
    description: 'The URL of a playlist, a channel or a feed, and which of its entries are imported.',
  });
export type PlaylistSource = z.infer<typeof PlaylistSource>;

const Options = z.strictObject(importOptions).meta({ id: 'BatchOptions' });

/** Members of which a request has exactly one. */
const SOURCES = ['urls', 'items', 'playlist'] as const;

const fields = {
  urls: z
    .array(httpUrl('url'))
    .min(1)
    .max(MAX_BATCH_ITEMS)
    .optional()
    .meta({ description: 'The URLs of files, streams or pages.' }),
  items: z
    .array(z.strictObject({ url: sourceUrl, ...importOptions }).meta({ id: 'BatchItemRequest' }))
    .min(1)
    .max(MAX_BATCH_ITEMS)
    .optional()
    .meta({ description: 'URLs with options of their own, which replace the shared ones.' }),
  playlist: PlaylistSource.optional(),
  options: Options.optional().meta({ description: 'Options of every import of the batch.' }),
  webhookUrl: httpUrl('webhookUrl').optional().meta({
    description:
      'An https URL that receives one POST request when the batch has ended. `options.webhookUrl` receives one for each import.',
  }),
};

interface Choosing {
  items?: ImportOptions[] | undefined;
  options?: ImportOptions | undefined;
}

export const BatchRequest = z
  .strictObject(fields)
  .superRefine((request, context) => {
    const [first, second] = SOURCES.filter((name) => request[name] !== undefined);
    const path = [second ?? first ?? 'urls'];
    const message = 'a batch has exactly one of urls, items and playlist';
    if (first === undefined || second !== undefined) context.addIssue({ code: 'custom', path, message });
    for (const problem of contradictions(request)) context.addIssue({ code: 'custom', ...problem });
  })
  .meta({
    id: 'BatchRequest',
    example: { urls: ['https://example.com/1.mp4', 'https://example.com/2.mp4'], options: { store: true } },
  });
export type BatchRequest = z.infer<typeof BatchRequest>;

/** Options that contradict each other, also those of an item with the shared ones. */
function contradictions({ options = {}, items = [] }: Choosing) {
  if (items.length === 0) return problemsAt(options, ['options']);
  return items.flatMap((item, index) => problemsAt({ ...options, ...item }, ['items', index]));
}

function problemsAt(choice: ImportOptions, path: (string | number)[]) {
  const problems = [...choiceProblems(choice), ...destinationProblems(choice)];
  return problems.map(({ field, message }) => ({ path: [...path, field], message }));
}
