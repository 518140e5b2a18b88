/** `/diagnostics`: what an operator learns about a deployment. It holds no secret and no address of a bucket. */
import { z } from 'zod';

const milliseconds = z.number().int().min(0);
const problem = z
  .string()
  .nullable()
  .meta({ description: 'What went wrong, in one sentence; null when the check passed.' });

const DownloaderDiagnosis = z
  .strictObject({
    ok: z.boolean(),
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
    draining: z.boolean().nullable(),
    capacity: z.number().int().min(0).nullable().meta({ description: 'Jobs that it runs at once.' }),
    runningJobs: z.number().int().min(0).nullable(),
    versions: z
      .strictObject({
        downloader: z.string(),
        ytdlp: z.string().nullable(),
        ffmpeg: z.string().nullable(),
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
  .strictObject({ ok: z.boolean(), problem, roundTripMs: milliseconds })
  .meta({ id: 'RoundTrip' });

export const Diagnosis = z
  .strictObject({
    version: z.string(),
    time: z.iso.datetime().meta({ description: 'Clock of the Worker.' }),
    configuration: z.strictObject({
      publicUrl: z.url(),
      downloader: z.enum(['container', 'url']),
      slots: z.number().int(),
      jobsPerSlot: z.number().int(),
      sampleUrl: z
        .url()
        .meta({ description: 'A small file that the deployment serves, to import as a test.' }),
      pricePerMbUsd: z.number(),
    }),
    database: RoundTrip,
    serviceStorage: RoundTrip,
    queue: z.strictObject({
      ok: z.boolean(),
      problem,
      probeId: z
        .string()
        .nullable()
        .meta({ description: 'Names the message that was sent: read it at /diagnostics/queue/{probeId}.' }),
    }),
    downloader: DownloaderDiagnosis,
  })
  .meta({ id: 'Diagnosis' });
export type Diagnosis = z.infer<typeof Diagnosis>;

export const QueueProbe = z
  .strictObject({
    probeId: z.string(),
    roundTripMs: milliseconds
      .nullable()
      .meta({ description: 'From the send to the consumer; null while the message is under way.' }),
  })
  .meta({ id: 'QueueProbe' });
export type QueueProbe = z.infer<typeof QueueProbe>;
