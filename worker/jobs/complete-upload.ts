import { appErrorAsValue } from '../app-error-as-value.ts';
import type { Ctx } from '../context.ts';
import type { CompleteAnswer, CompleteRequest } from '../contract/downloader/report.ts';
import type { JobRow } from '../db/rows.ts';
import { AppError } from '../errors.ts';
import { completePlacement } from '../storage/uploads/complete-placement.ts';
import type { EndOfJob } from '../storage/uploads/record-stored.ts';
import type { Upload } from '../storage/uploads/placement-rows.ts';
import type { UploadAttempt } from '../storage/uploads/upload-rules.ts';
import { completeJob } from './complete-job.ts';
import { afterStored } from './end/after-end.ts';
import { endWithFile } from './end/complete-stored.ts';
import { selectWorkDue } from './is-work-due.ts';
import {
  claimSuccessor,
  handOver,
  handOverAgain,
  successorIn,
  takesAllThatIsFree,
  type Successor,
} from './slots/hand-over.ts';
import { readAttemptFiles, type AttemptFiles } from './details/attempt-files.ts';
import { keepHandedOver } from './details/handed-over.ts';
import { ownerOf, type Caller } from './require-upload-attempt.ts';

interface UploadToComplete extends Caller {
  placementId: string;
  report: CompleteRequest;
}

/**
 * Completes an upload, and then the job if the report is the final one: usually in the batch that records the upload. A repeated call gets the
 * same answer. AppErrors as in `completePlacement` and `completeJob`.
 */
export async function completeUpload(ctx: Ctx, input: UploadToComplete): Promise<CompleteAnswer> {
  const found = await readAttemptFiles(ctx, input.ref);
  if (isDone(found, input)) return repeatAnswer(ctx, input);
  const answer = await appErrorAsValue(completeWith(ctx, input, found));
  if (!(answer instanceof AppError)) return answer;
  // Another call has ended the job meanwhile.
  if (answer.code === 'stale' && isDone(await readAttemptFiles(ctx, input.ref), input))
    return repeatAnswer(ctx, input);
  throw answer;
}

const DONE = { outcome: 'stored', directive: 'continue' } as const satisfies CompleteAnswer;

async function repeatAnswer(ctx: Ctx, { ref, report }: UploadToComplete): Promise<CompleteAnswer> {
  const next = report.next && (await handOverAgain(ctx, ref));
  return next ? { ...DONE, next } : DONE;
}

/** Whether an earlier call has done everything, so that its answer is repeated. */
function isDone(found: AttemptFiles, { ref, placementId, report }: UploadToComplete): boolean {
  const { job } = found;
  const hasEnded = job?.status === 'completed' && job.attempt === ref.attempt;
  const isStored = uploadIn(found, placementId)?.placement.status === 'stored';
  return report.completed !== undefined && hasEnded && isStored;
}

async function completeWith(ctx: Ctx, input: UploadToComplete, found: AttemptFiles): Promise<CompleteAnswer> {
  const { ref, placementId, report } = input;
  const upload = uploadIn(found, placementId);
  const live = ownerOf(found, input);
  const successor = successorIn(ctx, { slot: live.job.slot, next: report.next });
  const isOnlyUpload = found.uploads.length === 1;
  const end = endAlongside(ctx, { live, report, isOnlyUpload, successor });
  const destination = found.destinations.find(({ id }) => id === upload?.placement.destinationId);
  const call = { live, placementId, report, upload, destination, endOf: end.endOf };
  const answer = await completePlacement(ctx, call);
  if (answer.outcome !== 'stored' || !report.completed) return answer;
  const ended = end.ended();
  if (!ended) return { ...answer, ...(await completeJob(ctx, { ref, report: report.completed })) };
  const next = successor && ended.next && (await handOver(ctx, successor.slot, ended.next));
  if (next && ended.next) keepHandedOver(ctx, ended.next);
  await afterStored(ctx, ended.job, {
    isWorkDue: ended.isWorkDue && !(next && ended.next && takesAllThatIsFree(ctx, live.job, ended.next)),
    mayLeaveUploads: !isOnlyUpload,
    placement: upload?.placement,
  });
  return next ? { ...DONE, next } : DONE;
}

function uploadIn({ files, uploads }: AttemptFiles, placementId: string): Upload | undefined {
  const placement = uploads.find(({ id }) => id === placementId);
  const artifact = files.find(({ id }) => id === placement?.artifactId);
  return placement && artifact && { artifact, placement };
}

/** The job as the batch left it that recorded its file, the one that was claimed for its place, and whether further ones wait. */
interface Ended {
  job: JobRow;
  next: JobRow | undefined;
  isWorkDue: boolean;
}

/** The end of the job in the batch that records its file, and what came of it. */
function endAlongside(
  ctx: Ctx,
  {
    live,
    report: { completed, sizeBytes },
    isOnlyUpload,
    successor,
  }: {
    live: UploadAttempt;
    report: CompleteRequest;
    isOnlyUpload: boolean;
    successor: Successor | null;
  },
) {
  let ended: Ended | null = null;
  const endOf = ({ artifact }: Upload): EndOfJob => {
    const warnings = completed?.warnings ?? [];
    const end = endWithFile(ctx, {
      live,
      artifact,
      isOnlyUpload,
      sizeBytes,
      warnings,
    });
    const { statements, settle } = end;
    const claim = successor ? [claimSuccessor(ctx, successor, end)] : [];
    return {
      statements: [...statements, ...claim, selectWorkDue(ctx)],
      settle: (results) => {
        const job = settle(results.slice(0, statements.length));
        const isWorkDue = (results.at(-1) as unknown[]).length > 0;
        const [next] = successor ? (results[statements.length] as JobRow[]) : [];
        ended = job && { job, next, isWorkDue };
      },
    };
  };
  return { endOf: completed && endOf, ended: (): Ended | null => ended };
}
