/** Requests about the metadata of a source. */
import { z } from 'zod';
import { callbackFields, sourceUrl } from '../import-request.ts';
import { jobId, jobMessage } from '../job-members.ts';
import { choiceProblems, mediaChoiceFields } from '../media-choice.ts';

/** The body of `POST /metadata`. The fields of a choice are those of `POST /import`. */
export const MetadataRequest = z
  .strictObject({ url: sourceUrl, ...mediaChoiceFields, ...callbackFields })
  .superRefine((request, context) => {
    for (const { field, message } of choiceProblems(request))
      context.addIssue({ code: 'custom', path: [field], message });
  })
  .meta({ id: 'MetadataRequest', example: { url: 'https://example.com/video', videoQuality: '720p' } });
export type MetadataRequest = z.infer<typeof MetadataRequest>;

/** The body of `POST /metadata/basic`. */
export const BasicMetadataRequest = z
  .strictObject({ url: sourceUrl, ...callbackFields })
  .meta({ id: 'BasicMetadataRequest', example: { url: 'https://example.com/video' } });

/** The query of the same calls by GET. */
export const MetadataQuery = z.strictObject({
  url: sourceUrl.meta({ example: 'https://example.com/video' }),
});

/** The answer of the calls that start a job. */
export const MetadataQueued = z
  .strictObject({
    jobId,
    status: z.literal('queued').meta({ description: 'The job waits for a downloader.' }),
    message: jobMessage,
  })
  .meta({ id: 'MetadataQueued', description: 'The job has begun.' });
export type MetadataQueued = z.infer<typeof MetadataQueued>;
