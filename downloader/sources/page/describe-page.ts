/** Describes what a page contains: one run of yt-dlp that reads the page and downloads nothing. */
import type { SourceMetadata } from '../../../worker/contract/downloader/metadata.ts';
import { choiceOf, type JobContext } from '../../job-context.ts';
import { dumpPage } from './dump-page.ts';
import { toBasicMetadata, toMetadata } from './page-metadata.ts';
import { describeArgs } from './ytdlp-args.ts';
import { extractorOf, readInfo } from './ytdlp-info.ts';
import type { YtdlpDeps } from './ytdlp.ts';

export interface PageDescription {
  metadata: SourceMetadata;
  /** How it was found, in one sentence. */
  reason: string;
}

/** Waits until the machine has room for one more page. Throws JobFailure; the abort reason when the job is aborted. */
export async function describePage(job: JobContext, deps: YtdlpDeps): Promise<PageDescription> {
  const info = readInfo(await dumpPage(job, deps, describeArgs));
  const { limits } = job.command;
  const maxBytes = Math.min(limits.maxBytes, job.budget.maxPageBytes);
  const wish = {
    choice: choiceOf(job),
    limits: { ...limits, maxBytes },
    canMerge: deps.tools.ffmpeg !== null,
  };
  const isBasic = job.command.kind === 'basic_metadata';
  const metadata = isBasic ? toBasicMetadata(info) : toMetadata(info, wish);
  return { metadata, reason: `yt-dlp (${extractorOf(info)}) read it.` };
}
