/** The answer of `GET /health`. */
import { z } from 'zod';

export const Health = z
  .strictObject({
    ok: z.literal(true),
    version: z.string(),
    noDownloaderSince: z.iso.datetime().nullable().meta({
      description:
        'Since when jobs wait because no downloader answers. Null while downloaders answer, or no job waits.',
    }),
  })
  .meta({ id: 'Health' });
