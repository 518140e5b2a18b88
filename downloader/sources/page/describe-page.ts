/** Describes what a page contains: one run of yt-dlp that reads the page and downloads nothing. */
import type { SourceMetadata } from '../../../worker/contract/downloader/metadata.ts';
import { choiceOf, type JobContext } from '../../job-context.ts';
import { startEgressProxy } from '../../net/egress-proxy.ts';
import { requireYtdlp } from '../../process/tools.ts';
import { toBasicMetadata, toMetadata } from './page-metadata.ts';
import { describeArgs } from './ytdlp-args.ts';
import { extractorOf, readInfo } from './ytdlp-info.ts';
import { runYtdlp } from './ytdlp-process.ts';
import { relayIn, settingsOf, type YtdlpDeps } from './ytdlp.ts';

/** Bytes of a page with its scripts and manifests, which are a few MiB. */
const MAX_PAGE_BYTES = 64 * 1024 * 1024;

export interface PageDescription {
  metadata: SourceMetadata;
  /** How it was found, in one sentence. */
  reason: string;
}

/** Waits until the machine has room for one more page. Throws JobFailure; the abort reason when the job is aborted. */
export function describePage(job: JobContext, deps: YtdlpDeps): Promise<PageDescription> {
  return job.budget.pageGate(job, () => readPage(job, deps));
}

async function readPage(job: JobContext, { tools, allow }: YtdlpDeps): Promise<PageDescription> {
  const tool = requireYtdlp(tools);
  const directory = await job.directory();
  const relay = relayIn(directory, tools);
  const proxy = await startEgressProxy({
    allow,
    relay,
    signal: job.signal,
    maxBytes: MAX_PAGE_BYTES,
    onBytes: (bytes) => {
      job.progress.bytesDone += bytes;
      job.traffic.bytesIn += bytes;
    },
  });
  try {
    const args = describeArgs(settingsOf(job, proxy), job.command.source.url);
    const line = await runYtdlp({ job, tool, directory, proxy, relay, args, phase: 'resolve' });
    const info = readInfo(line);
    const { limits } = job.command;
    const maxBytes = Math.min(limits.maxBytes, job.budget.maxPageBytes);
    const wish = { choice: choiceOf(job), limits: { ...limits, maxBytes }, canMerge: tools.ffmpeg !== null };
    const isBasic = job.command.kind === 'basic_metadata';
    const metadata = isBasic ? toBasicMetadata(info) : toMetadata(info, wish);
    return { metadata, reason: `yt-dlp (${extractorOf(info)}) read it.` };
  } finally {
    await proxy.close();
  }
}
