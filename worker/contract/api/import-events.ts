/** `GET /imports/{id}/events`: what a client is told while an import runs. */
import { z } from 'zod';
import { JobStage, JobStatus } from '../job.ts';
import { jobId } from './job-members.ts';

/** The data of a `progress` event. `snapshot` and `end` have an `Import`. */
export const ImportProgress = z
  .strictObject({
    jobId,
    status: JobStatus.meta({ description: 'The state of the import.' }),
    attempt: z.number().int().meta({ description: 'The number of attempts so far.' }),
    stage: JobStage.nullable().meta({ description: 'Null while the import is queued.' }),
    bytesDone: z.number().int().meta({ description: 'Bytes that this stage has done.' }),
    bytesTotal: z.number().int().nullable().meta({ description: 'Null while the size is unknown.' }),
    percent: z
      .number()
      .int()
      .min(0)
      .max(100)
      .nullable()
      .meta({ description: 'How much of the stage is done. Null while the size is unknown.' }),
    bytesPerSecond: z.number().int().nullable().meta({
      description: 'The speed of the last reports. Null until there are two of them.',
    }),
    etaSeconds: z.number().int().nullable().meta({
      description: 'When this stage ends at that speed. Null while size or speed are unknown.',
    }),
  })
  .meta({ id: 'ImportProgress', description: 'The data of an event `progress`.' });
export type ImportProgress = z.infer<typeof ImportProgress>;
