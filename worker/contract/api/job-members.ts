/** Members that the statuses of imports and of metadata jobs share. */
import { z } from 'zod';
import { PublicFailure } from '../failure.ts';

export const time = z.iso.datetime();

export const jobMembers = {
  jobId: z.uuid(),
  createdAt: time,
  attempt: z.number().int().meta({ description: 'The number of attempts so far.' }),
};

export const lastError = PublicFailure.nullable().meta({ description: 'Why the previous attempt failed.' });

/** Of a queued job. */
export const queuedMembers = {
  status: z.literal('queued'),
  message: z.string(),
  noDownloaderSince: time.nullable().meta({
    description: 'Since when no downloader has answered. Null while downloaders answer.',
  }),
  startedAt: time.nullable(),
  lastError,
};

/** Failed and canceled jobs cost nothing. */
export const cost = {
  costInDollars: z.number().meta({ description: 'In dollars, rounded to cents.' }),
  costInMicrodollars: z.number().int().meta({ description: 'The exact cost in millionths of a dollar.' }),
};

/** Of a job that failed or was canceled. */
export const endedMembers = {
  startedAt: time.nullable(),
  finishedAt: time,
  message: z.string(),
  ...cost,
};
