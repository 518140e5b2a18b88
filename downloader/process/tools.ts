/** Finds the programs that the downloader uses, by running each one once. */
import { realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { JobFailure } from '../job-failure.ts';
import { unconfined, type Confinement } from './confinement.ts';
import { findConfinement } from './find-confinement.ts';
import { locate } from './locate.ts';
import { runChild, type ChildOptions } from './run-child.ts';
import { ytdlpCommand } from './ytdlp-boot.ts';

/** Where to look. Without a path, `python3` and `ffmpeg` are searched on PATH. yt-dlp is never searched. */
export interface ToolPaths {
  python?: string | undefined;
  /** The folder that pip installed yt-dlp into. */
  ytdlpDirectory?: string | undefined;
  ffmpeg?: string | undefined;
  /** The parent of the folders of jobs. Default: the folder of temporary files. */
  workDirectory?: string;
}

export interface Tools {
  /** Absolute path of an interpreter, 3.11 or newer. Null together with `ytdlpDirectory`. */
  python: string | null;
  ytdlpDirectory: string | null;
  /** Absolute path. ffprobe is not used, since the PyPI wheel does not include it. */
  ffmpeg: string | null;
  confinement: Confinement;
  versions: { ytdlp: string | null; ffmpeg: string | null };
}

export interface YtdlpTool {
  python: string;
  ytdlpDirectory: string;
  confinement: Confinement;
}

/** Milliseconds for a program to print its version: a cold disk needs seconds. */
const VERSION_TIMEOUT_MS = 30_000;

/** A program that is missing or does not start is null. The others start in the confinement. */
export async function findTools(paths: ToolPaths): Promise<Tools> {
  const python = paths.ytdlpDirectory ? await findPython(paths.python ?? 'python3') : null;
  const ytdlpDirectory = python ? (paths.ytdlpDirectory ?? null) : null;
  const ffmpeg = await locate(paths.ffmpeg ?? 'ffmpeg');
  const places = { python: python?.path ?? null, ytdlpDirectory, ffmpeg };
  const readable = [...(python?.folders ?? []), ytdlpDirectory, ffmpeg].filter((path) => path !== null);
  const confinement = await findConfinement(await withTargets(readable), paths.workDirectory ?? tmpdir());
  const { versions, ...rest } = await askVersions(places, confinement);
  const { ytdlp, ffmpeg: ffmpegVersion } = versions;
  return {
    ...rest,
    python: ytdlp ? places.python : null,
    ytdlpDirectory: ytdlp ? ytdlpDirectory : null,
    ffmpeg: ffmpegVersion ? ffmpeg : null,
    versions,
  };
}

type Places = Pick<Tools, 'python' | 'ytdlpDirectory' | 'ffmpeg'>;

/** A tool that only starts without confinement is worth more than the confinement of the others: the reason names it. */
async function askVersions(
  places: Places,
  confinement: Confinement,
): Promise<Pick<Tools, 'versions' | 'confinement'>> {
  const versions = await versionsOf(places, confinement);
  if (confinement.level === 'none' || (versions.ytdlp && versions.ffmpeg)) return { versions, confinement };
  const outside = await versionsOf(places, null);
  if (outside.ytdlp === versions.ytdlp && outside.ffmpeg === versions.ffmpeg)
    return { versions, confinement };
  const name = outside.ytdlp === versions.ytdlp ? 'ffmpeg' : 'yt-dlp';
  return { versions: outside, confinement: unconfined(`${name} does not start in bubblewrap.`) };
}

async function versionsOf(
  { python, ytdlpDirectory, ffmpeg }: Places,
  confinement: Confinement | null,
): Promise<Tools['versions']> {
  const ask = { args: ['--ignore-config', '--version'], relay: null, memoryBytes: null };
  const ytdlp =
    python && ytdlpDirectory ? await firstLine(python, ytdlpCommand(ytdlpDirectory, ask), confinement) : null;
  const banner = ffmpeg ? await firstLine(ffmpeg, { args: ['-version'] }, confinement) : null;
  return { ytdlp, ffmpeg: /^ffmpeg version (\S+)/.exec(banner ?? '')?.[1] ?? null };
}

/** The paths that exist, and the places of those that are links. */
async function withTargets(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    paths.map(async (path) => {
      const target = await realpath(path).catch(() => null);
      return target === null ? [] : [path, target];
    }),
  );
  return found.flat();
}

/** Throws `resolver_unavailable` when pages cannot be read here. */
export function requireYtdlp(tools: Tools): YtdlpTool {
  const { python, ytdlpDirectory, confinement } = tools;
  if (!python || !ytdlpDirectory) throw new JobFailure('resolver_unavailable');
  return { python, ytdlpDirectory, confinement };
}

/**
 * The path of the interpreter, not of a shim: a shim needs environment variables that children do not get. `folders` hold
 * its libraries: those of a virtual environment, and of the installation that it was made from.
 */
async function findPython(command: string): Promise<{ path: string; folders: string[] } | null> {
  const script = [
    'import sys',
    'if sys.version_info >= (3, 11): print(chr(0).join([sys.executable, sys.prefix, sys.base_prefix]))',
  ].join('\n');
  const [path, ...folders] =
    (await firstLine(command, { args: ['-I', '-c', script] }, null))?.split('\0') ?? [];
  return path ? { path, folders: [path, ...folders] } : null;
}

/** First line of stdout, or null when the program is missing or fails. */
async function firstLine(
  command: string,
  invocation: Pick<ChildOptions, 'args' | 'input'>,
  confinement: Confinement | null,
): Promise<string | null> {
  const lines: string[] = [];
  try {
    const { exitCode } = await runChild({
      command,
      ...invocation,
      cwd: tmpdir(),
      confinement,
      env: inherited(['PATH', 'HOME', 'PYENV_ROOT', 'PYENV_VERSION']),
      signal: AbortSignal.timeout(VERSION_TIMEOUT_MS),
      onStdoutLine: (line) => lines.push(line),
      maxStderrBytes: 4096,
      timeoutMs: VERSION_TIMEOUT_MS,
    });
    return exitCode === 0 ? (lines[0]?.trim() ?? null) : null;
  } catch {
    return null;
  }
}

/** Only the search for programs needs variables of the operator. */
function inherited(names: string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
