/** Imports through yt-dlp: resolve, download, recognize the files, merge and verify them. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EgressAllow } from '../../../worker/contract/address-policy.ts';
import type { MediaFormat } from '../../../worker/contract/choice/media-format.ts';
import type { SourceTaken } from '../../../worker/contract/media.ts';
import type { Origin } from '../../../worker/contract/downloader/report.ts';
import { choiceOf, type JobContext } from '../../job-context.ts';
import { JobFailure } from '../../job-failure.ts';
import { startEgressProxy, type EgressProxy } from '../../net/egress-proxy.ts';
import { fillRates, ratesOf } from '../../track-rates.ts';
import { requireYtdlp, type Tools } from '../../process/tools.ts';
import { RELAY_PORT, SOCKET_NAME, type Relay } from '../../process/ytdlp-boot.ts';
import { assemble } from '../files/assemble.ts';
import { storesWhole } from '../files/estimate-size.ts';
import { inspectFile, type InspectedFile } from '../files/inspect-file.ts';
import { createAllowance } from './allowance.ts';
import { declaredRates } from './media-formats.ts';
import { downloadArgs, resolveArgs, type YtdlpSettings } from './ytdlp-args.ts';
import { parseInfo, type Resolved } from './ytdlp-info.ts';
import { runYtdlp, type YtdlpRun } from './ytdlp-process.ts';

/** A verified file in the job's folder. */
export interface FetchedFile extends InspectedFile {
  title: string;
  origin: Origin;
  taken: SourceTaken;
  /** The formats that the page offered. */
  offered: readonly MediaFormat[];
}

/** Bytes of a page with its scripts and manifests, which are a few MiB. yt-dlp keeps them in memory. */
export const MAX_PAGE_BYTES = 64 * 1024 * 1024;

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
  const allowance = createAllowance(job);
  const relay = relayIn(directory, tools);
  const proxy = await startEgressProxy({
    allow,
    relay,
    signal: job.signal,
    maxBytes: Math.min(MAX_PAGE_BYTES, job.command.limits.maxBytes),
    onBytes: (bytes) => {
      job.progress.bytesDone += bytes;
      job.traffic.bytesIn += bytes;
      allowance.count(bytes);
    },
  });
  try {
    const run = { job, tool, directory, proxy, relay };
    const resolved = await resolve(run, settingsOf(job, proxy), tools);
    const { title, origin, offered, chosen, isSegmented, extractor } = resolved;
    if (chosen.length === 2 && !tools.ffmpeg) throw new JobFailure('merger_unavailable');
    proxy.raiseLimit(job.command.limits.maxBytes);
    if (storesWhole(chosen, choiceOf(job))) allowance.begin();
    const limited = { ...run, job: { ...job, signal: AbortSignal.any([job.signal, allowance.signal]) } };
    const parts = await download(limited, settingsOf(job, proxy), resolved, tools);
    const file = await assemble(job, { parts, directory, tools, isSegmented });
    const rates = fillRates(ratesOf(file.facts, file.sizeBytes), declaredRates(chosen));
    const reason = `yt-dlp (${extractor}) found ${chosen.length === 2 ? 'video and audio' : 'it'} there.`;
    const taken = { way: 'ytdlp' as const, reason };
    return { ...file, facts: { ...file.facts, rates }, title: title.slice(0, 1000), origin, taken, offered };
  } finally {
    await proxy.close();
  }
}

/** A relay for children with a network of their own. */
export function relayIn(directory: string, { confinement }: Tools): Relay | null {
  return confinement.hasOwnNetwork ? { socketPath: join(directory, SOCKET_NAME), port: RELAY_PORT } : null;
}

export function settingsOf(job: JobContext, proxy: EgressProxy): YtdlpSettings {
  return { proxyUrl: proxy.url, nodePath: process.execPath, selector: choiceOf(job).selector };
}

type Run = Omit<YtdlpRun, 'args' | 'phase'>;

async function resolve(run: Run, settings: YtdlpSettings, { ffmpeg }: Tools): Promise<Resolved> {
  const { job } = run;
  job.progress.stage = 'resolving';
  const args = resolveArgs(settings, job.command.source.url);
  const line = await runYtdlp({ ...run, args, phase: 'resolve' }).catch((error: unknown) => {
    throw isUnmatched(error, settings) ? new JobFailure('format_not_available') : error;
  });
  return parseInfo(line, {
    choice: choiceOf(job),
    limits: job.command.limits,
    canMerge: ffmpeg !== null,
  });
}

/** With a selector, the page may have other formats. */
function isUnmatched(error: unknown, { selector }: YtdlpSettings): boolean {
  return selector !== undefined && error instanceof JobFailure && error.failure.code === 'no_media';
}

async function download(
  run: Run,
  settings: YtdlpSettings,
  { infoJson, chosen }: Resolved,
  tools: Tools,
): Promise<InspectedFile[]> {
  const { job, directory } = run;
  job.progress.stage = 'downloading';
  const infoFile = join(directory, 'info.json');
  // What yt-dlp left there may be a link to a file elsewhere: remove the link, and open only a new file.
  await rm(infoFile, { force: true });
  await writeFile(infoFile, infoJson, { flag: 'wx' });
  const args = downloadArgs(settings, infoFile, chosen.length);
  await runYtdlp({ ...run, args, phase: 'download' });
  const paths = chosen.map((_, index) => join(directory, `p${index}.media`));
  return Promise.all(paths.map((path) => inspectFile(job, path, tools)));
}
