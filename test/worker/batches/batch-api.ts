/** Calls of `/batches`, and downloaders that complete or fail the items. */
import type { Ctx } from '../../../worker/context.ts';
import type { JobRow } from '../../../worker/db/rows.ts';
import { claimNext } from '../../../worker/jobs/claim-next.ts';
import { completeJob } from '../../../worker/jobs/complete-job.ts';
import { failJob } from '../../../worker/jobs/fail-job.ts';
import { refOf } from '../support/claimed.ts';
import type { TestApi } from '../support/make-api.ts';
import { makePlacement } from '../support/rows.ts';

/** URLs of files that do not exist. */
export function someUrls(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `https://media.example/${index}.mp4`);
}

/** The data of an answer, which must be a success. */
export async function dataOf<Data>(answer: Response | Promise<Response>): Promise<Data> {
  const { data } = (await (await answer).json()) as { data: Data };
  if (data === undefined) throw new Error('the answer is an error');
  return data;
}

export interface Batch {
  batchId: string;
  status: string;
  total: number;
  counts: Record<string, number>;
}

/** Starts a batch and returns it. */
export async function startBatch(api: TestApi, body: object): Promise<Batch> {
  return dataOf(api.call('POST', '/batches', body));
}

/** The batch as it is now. */
export async function getBatch({ call }: TestApi, batchId: string): Promise<Batch> {
  return dataOf(call('GET', `/batches/${batchId}`));
}

/** Runs the next job to its completion; undefined when none is due. */
export async function completeNext(ctx: Ctx): Promise<JobRow | undefined> {
  const job = await claimNext(ctx, { slot: 'slot-0' });
  if (!job) return undefined;
  await makePlacement(ctx, job);
  await completeJob(ctx, { ref: refOf(job), report: { warnings: [] } });
  return job;
}

/** Fails the next job for good. */
export async function failNext(ctx: Ctx): Promise<JobRow | undefined> {
  const job = await claimNext(ctx, { slot: 'slot-0' });
  if (!job) return undefined;
  const report = { failure: { code: 'source_not_found' as const }, source: null };
  await failJob(ctx, { ref: refOf(job), report });
  return job;
}
