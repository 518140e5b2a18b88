/** Requests of a downloader to the Worker below `/internal`, and their answers. Imports zod only. */
import { z } from 'zod';
import { MediaDetails } from '../choice/differences.ts';
import { NextRequest, SignedCommand } from './claim.ts';
import { Versions } from './command.ts';
import { Description } from './metadata.ts';
import { Playlist } from './playlist.ts';
import { Failure } from '../failure.ts';
import { JobStage } from '../job.ts';
import { ArtifactRole, Checksums, MediaFacts, SourceReport } from '../media.ts';
import { toOneLine } from '../plain-text.ts';
import { PartToSign, SignedRequest, StoredPart, UploadPlan } from './upload-plan.ts';

/** What an attempt does next: continue; clean up and report `canceled`; or stop without a report. */
export const Directive = z.enum(['continue', 'cancel', 'stale']);
export type Directive = z.infer<typeof Directive>;

/**
 * `POST heartbeat`: one report for all jobs of a downloader. The counters are for the current attempt. Other members are ignored, as in
 * the final reports: a refused report of a newer downloader would cost its jobs an attempt.
 */
export const Heartbeat = z.object({
  slot: z.string(),
  capacity: z.number().int().nonnegative(),
  versions: Versions,
  jobs: z
    .array(
      z.object({
        token: z.string(),
        stage: JobStage,
        bytesDone: z.number().int().nonnegative(),
        bytesTotal: z.number().int().nonnegative().nullable(),
      }),
    )
    .min(1)
    .max(100),
});
export type Heartbeat = z.infer<typeof Heartbeat>;

/** One directive for each reported job, in the order of the report. */
export const HeartbeatAnswer = z.strictObject({
  directives: z.array(Directive),
  nextReportSeconds: z.number().min(1).max(60),
});
export type HeartbeatAnswer = z.infer<typeof HeartbeatAnswer>;

/** `POST hello`, when a downloader has started: proofs of the attempts that ran in the process before it, which has ended without a report. */
export const Hello = z.object({ lost: z.array(z.string().max(300)).min(1).max(100) });
export type Hello = z.infer<typeof Hello>;
/** How many of the attempts were known. Those that have ended already count too. */
export const HelloAnswer = z.object({ known: z.number().int() });

/** Maximum length of `sourceId` and `uploader`, in characters. The sender truncates longer ones. */
export const MAX_ORIGIN_CHARACTERS = 300;

/** The ID of the item on its site and who published it; null when unknown. */
export const Origin = z.strictObject({
  sourceId: z.string().max(MAX_ORIGIN_CHARACTERS).transform(toOneLine).nullable(),
  uploader: z.string().max(MAX_ORIGIN_CHARACTERS).transform(toOneLine).nullable(),
});
export type Origin = z.infer<typeof Origin>;

/** `POST jobs/:id/artifacts`. Repeating it in the same attempt returns the same plan while that upload is open. */
export const ArtifactRequest = z.strictObject({
  role: ArtifactRole,
  title: z.string().max(1000).transform(toOneLine),
  /** Without a dot, for the detected type of the file: `mp4`. */
  extension: z.string().regex(/^[a-z0-9]{1,10}$/),
  contentType: z.string().max(100),
  sizeBytes: z.number().int().positive().nullable(),
  source: SourceReport,
  /** Omitted for direct files. */
  origin: Origin.optional(),
});
export type ArtifactRequest = z.infer<typeof ArtifactRequest>;

/**
 * `requests` are those for the first parts, where they can be signed before the bytes exist, or for the part whose CRC-32 the call had. Only for downloaders with the feature
 * `first-requests`.
 */
export const PlanAnswer = z.strictObject({
  plan: UploadPlan,
  requests: z.array(SignedRequest).max(100).optional(),
});
export type PlanAnswer = z.infer<typeof PlanAnswer>;

/**
 * `POST jobs/:id/placements/:p/secondaries`: the uploads that take the same parts as the primary upload `p`, one for each other destination that
 * can. Each has its own calls, and is completed after the primary one. Repeating this call returns those that are open.
 */
export const SecondariesAnswer = z.strictObject({ plans: z.array(UploadPlan).max(10) });
export type SecondariesAnswer = z.infer<typeof SecondariesAnswer>;

/** `POST jobs/:id/placements/:p/sign`. An answer with a grant replaces the one that the downloader has. */
export const SignRequest = z.strictObject({ parts: z.array(PartToSign).min(1).max(100) });
export type SignRequest = z.infer<typeof SignRequest>;
export const SignAnswer = z.strictObject({ requests: z.array(SignedRequest), grant: z.string().optional() });
export type SignAnswer = z.infer<typeof SignAnswer>;

/** `POST jobs/:id/completed`: every placement is stored, or the source is described. */
export const CompletedReport = z.object({
  warnings: z.array(z.string().max(300)).max(20),
  /** The result of jobs that store nothing. */
  description: Description.optional(),
  /** The result of a playlist job. */
  playlist: Playlist.optional(),
});
export type CompletedReport = z.infer<typeof CompletedReport>;

/**
 * `POST jobs/:id/placements/:p/complete`, after the bytes were verified. Other members are ignored, so that a Worker
 * understands the reports of a newer downloader.
 */
export const CompleteRequest = z.object({
  parts: z.array(StoredPart).min(1).max(10_000),
  sizeBytes: z.number().int().positive(),
  checksums: Checksums,
  facts: MediaFacts,
  /** Absent in reports of store jobs and of older downloaders. */
  details: MediaDetails.optional(),
  /** The final report, if nothing is left to do once this upload is stored: it saves the call of `completed`. Workers of earlier versions ignore it. */
  completed: CompletedReport.optional(),
  /** With the final report: the downloader takes the next job in the answer. Workers of earlier versions ignore it. */
  next: NextRequest.optional(),
});
export type CompleteRequest = z.infer<typeof CompleteRequest>;

/**
 * `completing` (HTTP 202): the storage is still working, so repeat the request. `stored` with a directive also answers the final report of the
 * request, and may hand over the next job to a downloader that asked for it. `next` requests another upload of the
 * same bytes with the given plan: the upload was lost, or falls back.
 */
export const CompleteAnswer = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('completing') }),
  z.strictObject({
    outcome: z.literal('stored'),
    directive: Directive.optional(),
    next: SignedCommand.optional(),
  }),
  z.strictObject({ outcome: z.literal('next'), plan: UploadPlan }),
]);
export type CompleteAnswer = z.infer<typeof CompleteAnswer>;

/** `POST jobs/:id/placements/:p/abort`: this upload failed permanently. A null plan ends the attempt with that failure. */
export const AbortRequest = z.strictObject({ failure: Failure });
export type AbortRequest = z.infer<typeof AbortRequest>;
export const AbortAnswer = z.strictObject({ plan: UploadPlan.nullable() });
export type AbortAnswer = z.infer<typeof AbortAnswer>;

/** `POST jobs/:id/failed`. `downloader_draining` and `source_is_page` hand the job back without counting a failure. `canceled` answers a `cancel` directive. */
export const FailedReport = z.object({ failure: Failure, source: SourceReport.nullable() });
export type FailedReport = z.infer<typeof FailedReport>;

/** The answer to `completed` and `failed`. `stale` when another attempt owns the job, `continue` for a repeated report. */
export const ReportAnswer = z.strictObject({ directive: Directive });
export type ReportAnswer = z.infer<typeof ReportAnswer>;
