/** Members that the statuses of imports and of metadata jobs share. */
import { z } from 'zod';
import { PublicFailure } from '../failure.ts';

export const time = z.iso.datetime();

/** The ID of a job in answers. */
export const jobId = z.uuid().meta({ description: 'The ID of the job.' });

/** The sentence about the state of a job, in answers and webhooks. */
export const jobMessage = z.string().meta({
  description: 'The state of the job in a sentence, for people.',
  example: 'Import request queued.',
});

export const jobMembers = {
  jobId,
  createdAt: time.meta({ description: 'When the job was created.' }),
  attempt: z.number().int().meta({ description: 'The number of attempts so far.', example: 1 }),
};

/** A file in the bucket of a customer, as Importly's answers name it. */
export const S3Location = z.strictObject({
  url: z.url().meta({
    description: 'The URL of the file.',
    example: 'https://my-bucket.s3.us-east-1.amazonaws.com/uploads/video.mp4',
  }),
  bucket: z.string().meta({ description: 'The bucket of the file.', example: 'my-bucket' }),
  key: z.string().meta({ description: 'The key of the file in the bucket.', example: 'uploads/video.mp4' }),
});

export const lastError = PublicFailure.nullable().meta({ description: 'Why the previous attempt failed.' });

/** Of a queued job. */
export const queuedMembers = {
  status: z.literal('queued').meta({ description: 'The job waits for its first or next attempt.' }),
  message: jobMessage,
  noDownloaderSince: time.nullable().meta({
    description: 'Since when no downloader has answered. Null while downloaders answer.',
  }),
  startedAt: time.nullable().meta({ description: 'When the first attempt began. Null before it.' }),
  lastError,
};

/** Failed and canceled jobs cost nothing. */
export const cost = {
  costInDollars: z.number().meta({ description: 'In dollars, rounded to cents.', example: 0.13 }),
  costInMicrodollars: z
    .number()
    .int()
    .meta({ description: 'The exact cost in millionths of a dollar.', example: 125_829 }),
};

/** Of a job that failed or was canceled. */
export const endedMembers = {
  startedAt: time.nullable().meta({ description: 'When the first attempt began. Null if there was none.' }),
  finishedAt: time.meta({ description: 'When the job ended.' }),
  message: jobMessage,
  ...cost,
};
