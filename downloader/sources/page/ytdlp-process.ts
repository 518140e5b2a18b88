/** One run of yt-dlp: isolated interpreter, clean environment, the job's folder and proxy. */
import type { Code } from '../../../worker/contract/codes.ts';
import type { EgressProxy } from '../../net/egress-proxy.ts';
import type { JobContext } from '../../job-context.ts';
import { JobFailure } from '../../job-failure.ts';
import { childEnvironment, scriptEnvironment } from '../../process/child-environment.ts';
import { workSeconds } from '../../process/limit-child.ts';
import { runChild } from '../../process/run-child.ts';
import type { YtdlpTool } from '../../process/tools.ts';
import { ytdlpCommand, type Relay } from '../../process/ytdlp-boot.ts';
import { mapYtdlpError, type YtdlpPhase } from './ytdlp-errors.ts';

/** Longest line of JSON that is taken, in characters: pages with hundreds of formats make 3 million. */
const MAX_JSON_CHARACTERS = 32 * 1024 * 1024;

/** Of the memory of a child, only its JavaScript runtime may take so much: Node reserves more than it touches. */
const SCRIPT_BYTES = 80 * 1024 * 1024;

/** Maximum time to read a page, in milliseconds. Sites with JavaScript challenges take up to a minute. */
const RESOLVE_TIMEOUT_MS = 300_000;

export interface YtdlpRun {
  job: JobContext;
  tool: YtdlpTool;
  directory: string;
  proxy: EgressProxy;
  /** Connects yt-dlp with the proxy when it has a network of its own. */
  relay: Relay | null;
  args: readonly string[];
  phase: YtdlpPhase;
}

/** Returns the first line of stdout. Throws the JobFailure that its texts or the proxy's record mean. */
export async function runYtdlp(run: YtdlpRun): Promise<string> {
  const { job, tool, directory, proxy, phase } = run;
  const lines: string[] = [];
  const { maxBytes, timeoutSeconds } = job.command.limits;
  const jobTimeoutMs = timeoutSeconds * 1000;
  const { exitCode, timedOut, stderr } = await runChild({
    command: tool.python,
    ...ytdlpCommand(tool.ytdlpDirectory, {
      args: run.args,
      relay: run.relay,
      memoryBytes: job.budget.childMemoryBytes - SCRIPT_BYTES,
    }),
    cwd: directory,
    confinement: tool.confinement,
    folder: directory,
    env: { ...childEnvironment(directory), ...scriptEnvironment(job.budget.childMemoryBytes) },
    signal: job.signal,
    onStdoutLine: (line) => {
      if (lines.length === 0) lines.push(line);
    },
    maxLineCharacters: MAX_JSON_CHARACTERS,
    maxStderrBytes: 64 * 1024,
    timeoutMs: phase === 'resolve' ? Math.min(RESOLVE_TIMEOUT_MS, jobTimeoutMs) : jobTimeoutMs,
    // yt-dlp keeps pages, playlists and segments in memory. The proxy counts the bytes that come in; only the file shows
    // the decompressed size.
    limits: {
      memoryBytes: job.budget.childMemoryBytes,
      fileBytes: maxBytes,
      cpuSeconds: workSeconds(maxBytes),
    },
  });
  if (proxy.exceeded) throw new JobFailure('source_too_large');
  if (timedOut && phase === 'resolve')
    throw new JobFailure('source_timeout', 'reading the page takes too long');
  if (timedOut) throw new JobFailure('job_timeout');
  if (exitCode === 0) return lines[0] ?? '';
  // A connection that the proxy refused is the reason, whatever yt-dlp reports.
  const [refusal] = proxy.refusals;
  if (refusal !== undefined) throw new JobFailure('source_address_forbidden', refusal);
  const failure = mapYtdlpError(stderr, phase);
  throw proxy.codedAnswer && UNSPECIFIC.has(failure.failure.code) ? proxy.codedAnswer : failure;
}

/** Failures that say less than a refused answer does. */
const UNSPECIFIC: ReadonlySet<Code> = new Set<Code>([
  'resolver_failed',
  'download_failed',
  'source_rejected',
]);
