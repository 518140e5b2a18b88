/** One run of yt-dlp that prints what it knows about a page and downloads nothing. */
import type { JobContext } from '../../job-context.ts';
import { startEgressProxy } from '../../net/egress-proxy.ts';
import { requireYtdlp } from '../../process/tools.ts';
import type { YtdlpSettings } from './ytdlp-args.ts';
import { runYtdlp } from './ytdlp-process.ts';
import { MAX_PAGE_BYTES, relayIn, settingsOf, type YtdlpDeps } from './ytdlp.ts';

/** The line of JSON. Waits until the machine has room for one more page. Throws JobFailure; the abort reason when the job is aborted. */
export function dumpPage(
  job: JobContext,
  deps: YtdlpDeps,
  argsFor: (settings: YtdlpSettings, url: string) => string[],
): Promise<string> {
  return job.budget.pageGate(job, () => run(job, deps, argsFor));
}

async function run(
  job: JobContext,
  { tools, allow }: YtdlpDeps,
  argsFor: (settings: YtdlpSettings, url: string) => string[],
): Promise<string> {
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
    const args = argsFor(settingsOf(job, proxy), job.command.source.url);
    return await runYtdlp({ job, tool, directory, proxy, relay, args, phase: 'resolve' });
  } finally {
    await proxy.close();
  }
}
