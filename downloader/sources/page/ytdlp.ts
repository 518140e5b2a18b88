/** Imports through yt-dlp: resolve, download, recognize the files, merge and verify them. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EgressAllow } from '../../../worker/contract/address-policy.ts';
import type { MediaFacts, SourceTaken } from '../../../worker/contract/media.ts';
import type { Origin } from '../../../worker/contract/downloader/report.ts';
import type { JobContext } from '../../job-context.ts';
import { JobFailure } from '../../job-failure.ts';
import { startEgressProxy, type EgressProxy } from '../../net/egress-proxy.ts';
import { requireYtdlp, type Tools } from '../../process/tools.ts';
import { RELAY_PORT, SOCKET_NAME, type Relay } from '../../process/ytdlp-boot.ts';
import { assemble } from './merge.ts';
import { inspectFile, type InspectedFile } from './inspect-file.ts';
import { downloadArgs, resolveArgs, type YtdlpSettings } from './ytdlp-args.ts';
import { parseInfo, type Resolved } from './ytdlp-info.ts';
import { runYtdlp, type YtdlpRun } from './ytdlp-process.ts';

/** A verified file in the job's folder. */
export interface FetchedFile {
  path: string;
  title: string;
  origin: Origin;
  sizeBytes: number;
  extension: string;
  contentType: string;
  facts: MediaFacts;
  taken: SourceTaken;
}

export interface YtdlpDeps {
  tools: Tools;
  allow: EgressAllow;
}

/**
 * Fetches the media behind the job's URL into the job's folder. Everything goes through a proxy of this job alone,
 * which applies the address policy and ends everything at `maxBytes`. Keeps the job's stage and bytes up to date.
 * Waits until the machine has room for one more page. Throws JobFailure; the abort reason when the job is aborted.
 */
export function fetchWithYtdlp(job: JobContext, deps: YtdlpDeps): Promise<FetchedFile> {
  return job.budget.pageGate(job, () => fetchPage(withinDisk(job), deps));
}

/** The same job with a size limit that its file and the merged copy of it fit into. */
function withinDisk(job: JobContext): JobContext {
  const { command } = job;
  const maxBytes = Math.min(command.limits.maxBytes, job.budget.maxPageBytes);
  return { ...job, command: { ...command, limits: { ...command.limits, maxBytes } } };
}

async function fetchPage(job: JobContext, { tools, allow }: YtdlpDeps): Promise<FetchedFile> {
  const tool = requireYtdlp(tools);
  const directory = await job.directory();
  const relay = relayIn(directory, tools);
  const proxy = await startEgressProxy({
    allow,
    relay,
    signal: job.signal,
    maxBytes: job.command.limits.maxBytes,
    onBytes: (bytes) => {
      job.progress.bytesDone += bytes;
      job.traffic.bytesIn += bytes;
    },
  });
  try {
    const run = { job, tool, directory, proxy, relay };
    const resolved = await resolve(run, settingsOf(proxy, tools));
    if (resolved.count === 2 && !tools.ffmpeg) throw new JobFailure('merger_unavailable');
    const parts = await download(run, settingsOf(proxy, tools), resolved, tools);
    const file = await assemble(job, { parts, directory, tools, isSegmented: resolved.isSegmented });
    const reason = `yt-dlp (${resolved.extractor}) found ${resolved.count === 2 ? 'video and audio' : 'it'} there.`;
    const { title, origin } = resolved;
    return { ...file, title: title.slice(0, 1000), origin, taken: { way: 'ytdlp', reason } };
  } finally {
    await proxy.close();
  }
}

function relayIn(directory: string, { confinement }: Tools): Relay | null {
  return confinement.hasOwnNetwork ? { socketPath: join(directory, SOCKET_NAME), port: RELAY_PORT } : null;
}

function settingsOf(proxy: EgressProxy, tools: Tools): YtdlpSettings {
  return { proxyUrl: proxy.url, nodePath: process.execPath, canMerge: tools.ffmpeg !== null };
}

type Run = Omit<YtdlpRun, 'args' | 'phase'>;

async function resolve(run: Run, settings: YtdlpSettings): Promise<Resolved> {
  const { job } = run;
  job.progress.stage = 'resolving';
  const args = resolveArgs(settings, job.command.source.url);
  const line = await runYtdlp({ ...run, args, phase: 'resolve' });
  return parseInfo(line, job.command.limits);
}

async function download(
  run: Run,
  settings: YtdlpSettings,
  resolved: Resolved,
  tools: Tools,
): Promise<InspectedFile[]> {
  const { job, directory } = run;
  job.progress.stage = 'downloading';
  const infoFile = join(directory, 'info.json');
  await writeFile(infoFile, resolved.infoJson, { mode: 0o600 });
  const args = downloadArgs(settings, infoFile, resolved.count);
  await runYtdlp({ ...run, args, phase: 'download' });
  const paths = Array.from({ length: resolved.count }, (_, index) => join(directory, `p${index}.media`));
  return Promise.all(paths.map((path) => inspectFile(job, path, tools)));
}
