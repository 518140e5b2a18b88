/** The answer of `GET /health`. */
import { z } from 'zod';

export const Health = z
  .strictObject({
    ok: z.literal(true).meta({ description: 'The service answers.' }),
    version: z.string().meta({ description: 'The version of the service.', example: '0.1.0' }),
    noDownloaderSince: z.iso.datetime().nullable().meta({
      description:
        'Since when jobs wait because no downloader answers. Null while downloaders answer, or no job waits.',
    }),
    downloaders: z
      .array(
        z.strictObject({
          version: z.string().meta({ description: 'The version of the downloader.', example: '0.1.0' }),
          ytdlp: z.string().nullable().meta({ description: 'The version of yt-dlp.', example: '2026.10.22' }),
          ytdlpAgeDays: z
            .number()
            .int()
            .nullable()
            .meta({ description: 'Days since that release of yt-dlp.', example: 36 }),
          ffmpeg: z.string().nullable().meta({ description: 'The version of ffmpeg.', example: '7.0.2' }),
          lastSeenAt: z.iso
            .datetime()
            .meta({ description: 'When a downloader with these versions last ran a job.' }),
        }),
      )
      .meta({
        description:
          'Versions of the downloaders that ran a job in the last 7 days, each combination once. Null: the program is not installed.',
      }),
  })
  .meta({ id: 'Health', description: 'The state of the service.' });
export type Health = z.infer<typeof Health>;
