/** What tests set and see of the stand-in for the Worker. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Command } from '../../worker/contract/downloader/command.ts';
import type {
  AbortRequest,
  ArtifactRequest,
  CompletedReport,
  CompleteRequest,
  Directive,
  FailedReport,
  Heartbeat,
} from '../../worker/contract/downloader/report.ts';
import type { PartToSign, UploadPlan } from '../../worker/contract/downloader/upload-plan.ts';

export interface StandInOptions {
  /** The plans that `artifacts`, `abort` and `complete` give one after the other. */
  plans?: Partial<UploadPlan>[];
  /** The uploads to other destinations; the command asks for them if this is given. */
  secondaries?: Partial<UploadPlan>[];
  /** May answer a part itself (true), or break its connection. */
  onPart?: (part: PartOnItsWay) => boolean | Promise<boolean>;
  /** The answer to a heartbeat's job. */
  directive?: () => Directive;
  /** May answer a call of the given kind itself (true), or hold it up. */
  onCall?: (...call: [string, IncomingMessage, ServerResponse, unknown]) => boolean | Promise<boolean>;
  /** The answer to a final report with `complete`; without it, this is a Worker of an earlier version. `nextJob` adds to it. */
  reportAnswer?: Directive;
  onComplete?: (round: number) => 'stored' | 'next' | 'completing';
  nextJob?: () => object | undefined;
  /** A plan comes with the request for the only part, when its CRC-32 is known. */
  signsWithPlan?: true;
}

export interface PartOnItsWay {
  placementId: string;
  number: number;
  /** How often this part has come, from 1. */
  round: number;
  request: IncomingMessage;
  response: ServerResponse;
}

export interface WorkerStandIn {
  controlUrl: string;
  command: (sourceUrl: string, limits?: Partial<Command['limits']>) => Command;
  calls: string[];
  artifacts: ArtifactRequest[];
  heartbeats: Heartbeat[];
  aborts: AbortRequest[];
  completions: CompleteRequest[];
  signed: PartToSign[];
  /** The bytes of the placement that was completed. */
  stored: () => Buffer | null;
  /** The ids of the placements that were completed, in this order. */
  completed: string[];
  /** The ids of the placements that were given up. */
  aborted: string[];
  /** The bytes of any placement that was completed. */
  storedAt: (placementId: string) => Buffer | null;
  /** Resolves with the first final report. */
  finished: Promise<{ failed: FailedReport } | { completed: CompletedReport }>;
  close: () => Promise<void>;
}
