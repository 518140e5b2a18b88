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
    }),
    coldStart: z.boolean().nullable().meta({
      description: 'Whether this question started the process; null when the downloader does not say.',
    }),
    clockOffsetMs: z
      .number()
      .int()
      .nullable()
      .meta({ description: 'Clock of the downloader minus clock of the Worker; null when it is unknown.' }),
    draining: z.boolean().nullable().meta({
      description:
        'Whether it takes no more jobs since it is about to stop; null when the downloader does not say.',
    }),
    capacity: z.number().int().min(0).nullable().meta({ description: 'Jobs that it runs at once.' }),
    runningJobs: z.number().int().min(0).nullable().meta({ description: 'Jobs that it runs now.' }),
    versions: z
      .strictObject({
        downloader: z.string().meta({ description: 'The version of the downloader.' }),
        ytdlp: z.string().nullable().meta({ description: 'The version of yt-dlp.' }),
        ffmpeg: z.string().nullable().meta({ description: 'The version of ffmpeg.' }),
      })
      .nullable()
      .meta({ description: 'A null member is a tool that is not installed.' }),
    confinement: z
      .strictObject({
        level: z.string().meta({ description: '`full`, `partial` or `none`.' }),
        ownUsers: z.boolean().meta({ description: 'Whether each job has a system user of its own.' }),
        reason: z.string().nullable().meta({ description: 'What the machine lacks for `full`.' }),
      })
      .nullable()
      .meta({
        description:
          'How the programs that read sources are confined; null when the downloader does not say.',
      }),
  })
  .meta({ id: 'DownloaderDiagnosis' });

const RoundTrip = z
  .strictObject({
    ok,
    problem,
    roundTripMs: milliseconds.meta({ description: 'How long the check took.' }),
  })
  .meta({ id: 'RoundTrip' });

export const Diagnosis = z
  .strictObject({
    version: z.string().meta({ description: 'The version of the service.' }),
    time: z.iso.datetime().meta({ description: 'Clock of the Worker.' }),
    configuration: z
      .strictObject({
        publicUrl: z.url().meta({ description: 'The variable PUBLIC_URL.' }),
        downloader: z
          .enum(['container', 'url'])
          .meta({ description: 'Whether the downloaders are containers or have URLs.' }),
        slots: z.number().int().meta({ description: 'The number of downloaders that jobs are sent to.' }),
        jobsPerSlot: z.number().int().meta({ description: 'Jobs that one downloader runs at once.' }),
        sampleUrl: z
          .url()
          .meta({ description: 'A small file that the deployment serves, to import as a test.' }),
        pricePerMbUsd: z.number().meta({ description: 'The price of one MB in dollars.' }),
      })
      .meta({ description: 'What the deployment is set to.' }),
    database: RoundTrip,
    serviceStorage: RoundTrip,
    queue: z
      .strictObject({
        ok,
        problem,
        probeId: z
          .string()
          .nullable()
          .meta({ description: 'Names the message that was sent: read it at /diagnostics/queue/{probeId}.' }),
      })
      .meta({
        description: 'Whether the queue took a message. Whether it delivers the message is another question.',
      }),
    downloader: DownloaderDiagnosis,
  })
  .meta({ id: 'Diagnosis' });
export type Diagnosis = z.infer<typeof Diagnosis>;

export const QueueProbe = z
  .strictObject({
    probeId: z.string().meta({ description: 'The name of the message.' }),
    roundTripMs: milliseconds
      .nullable()
      .meta({ description: 'From the send to the consumer; null while the message is under way.' }),
  })
  .meta({ id: 'QueueProbe' });
export type QueueProbe = z.infer<typeof QueueProbe>;
