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
    downloaders: z
      .array(
        z.strictObject({
          version: z.string(),
          ytdlp: z.string().nullable(),
          ytdlpAgeDays: z
            .number()
            .int()
            .nullable()
            .meta({ description: 'Days since that release of yt-dlp.' }),
          ffmpeg: z.string().nullable(),
          lastSeenAt: z.iso.datetime(),
        }),
      )
      .meta({
        description:
          'Versions of the downloaders that ran a job in the last 7 days, each combination once. Null: the program is not installed.',
      }),
  })
  .meta({ id: 'Health' });
export type Health = z.infer<typeof Health>;
