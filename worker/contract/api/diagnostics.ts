/** `/diagnostics`: what an operator learns about a deployment. It holds no secret and no address of a bucket. */
import { z } from 'zod';

const milliseconds = z.number().int().min(0);
const ok = z.boolean().meta({ description: 'Whether the check passed.' });
const problem = z
  .string()
  .nullable()
  .meta({ description: 'What went wrong, in one sentence; null when the check passed.' });

const DownloaderDiagnosis = z
  .strictObject({
    ok,
    problem,
    answerMs: milliseconds.meta({
      description: 'Time until the downloader answered, a cold start included.',
      example: 142,
    }),
    coldStart: z.boolean().nullable().meta({
      description: 'Whether this question started the process; null when the downloader does not say.',
      example: false,
    }),
    clockOffsetMs: z.number().int().nullable().meta({
      description: 'Clock of the downloader minus clock of the Worker; null when it is unknown.',
      example: 3,
    }),
    draining: z.boolean().nullable().meta({
      description:
        'Whether it takes no more jobs since it is about to stop; null when the downloader does not say.',
      example: false,
    }),
    capacity: z
      .number()
      .int()
      .min(0)
      .nullable()
      .meta({ description: 'Jobs that it runs at once.', example: 4 }),
    runningJobs: z
      .number()
      .int()
      .min(0)
      .nullable()
      .meta({ description: 'Jobs that it runs now.', example: 1 }),
    versions: z
      .strictObject({
        downloader: z.string().meta({ description: 'The version of the downloader.', example: '0.1.0' }),
        ytdlp: z.string().nullable().meta({ description: 'The version of yt-dlp.', example: '2026.10.22' }),
        ffmpeg: z.string().nullable().meta({ description: 'The version of ffmpeg.', example: '7.0.2' }),
      })
      .nullable()
      .meta({ description: 'A null member is a tool that is not installed.' }),
    confinement: z
      .strictObject({
        level: z.string().meta({ description: '`full`, `partial` or `none`.', example: 'full' }),
        ownUsers: z.boolean().meta({ description: 'Whether each job has a system user of its own.' }),
        reason: z.string().nullable().meta({ description: 'What the machine lacks for `full`.' }),
      })
      .nullable()
      .meta({
        description:
          'How the programs that read sources are confined; null when the downloader does not say.',
      }),
  })
  .meta({ id: 'DownloaderDiagnosis', description: 'What the first downloader answered.' });

const RoundTrip = z
  .strictObject({
    ok,
    problem,
    roundTripMs: milliseconds.meta({ description: 'How long the check took.', example: 12 }),
  })
  .meta({ id: 'RoundTrip', description: 'Whether something that was written can be read.' });

export const Diagnosis = z
  .strictObject({
    version: z.string().meta({ description: 'The version of the service.', example: '0.1.0' }),
    time: z.iso.datetime().meta({ description: 'Clock of the Worker.' }),
    configuration: z
      .strictObject({
        publicUrl: z
          .url()
          .meta({ description: 'The variable PUBLIC_URL.', example: 'https://imports.example.com' }),
        downloader: z
          .enum(['container', 'url'])
          .meta({ description: 'Whether the downloaders are containers or have URLs.' }),
        slots: z
          .number()
          .int()
          .meta({ description: 'The number of downloaders that jobs are sent to.', example: 1 }),
        pageSlots: z
          .number()
          .int()
          .meta({ description: 'The number of further downloaders, for pages alone.', example: 0 }),
        jobsPerSlot: z
          .number()
          .int()
          .meta({ description: 'Jobs that one downloader runs at once.', example: 4 }),
        sampleUrl: z.url().meta({
          description: 'A small file that the deployment serves, to import as a test.',
          example: 'https://imports.example.com/sample.wav',
        }),
        pricePerMbUsd: z.number().meta({ description: 'The price of one MB in dollars.', example: 0.003 }),
      })
      .meta({ description: 'What the deployment is set to.' }),
    database: RoundTrip,
    serviceStorage: RoundTrip,
    queue: z
      .strictObject({
        ok,
        problem,
        probeId: z.string().nullable().meta({
          description: 'Names the message that was sent: read it at /diagnostics/queue/{probeId}.',
          example: '01a20cd1-6bb4-728b-a1f3-382e058cda0a',
        }),
      })
      .meta({
        description: 'Whether the queue took a message. Whether it delivers the message is another question.',
      }),
    downloader: DownloaderDiagnosis,
    pageDownloader: DownloaderDiagnosis.nullable().meta({
      description: 'A downloader for pages; null when there is none of its own.',
    }),
  })
  .meta({ id: 'Diagnosis', description: 'What each part of the deployment answered.' });
export type Diagnosis = z.infer<typeof Diagnosis>;

export const QueueProbe = z
  .strictObject({
    probeId: z
      .string()
      .meta({ description: 'The name of the message.', example: '01a20cd1-6bb4-728b-a1f3-382e058cda0a' }),
    roundTripMs: milliseconds.nullable().meta({
      description: 'From the send to the consumer; null while the message is under way.',
      example: 1200,
    }),
  })
  .meta({ id: 'QueueProbe', description: 'A message that a diagnosis sent.' });
export type QueueProbe = z.infer<typeof QueueProbe>;
