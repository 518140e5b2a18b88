/** Finds the programs that the downloader uses, by running each one once. */
import { access, constants } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { JobFailure } from '../job-failure.ts';
import { runChild, type ChildOptions } from './run-child.ts';
import { ytdlpCommand } from './ytdlp-boot.ts';

/** Where to look. Without a path, `python3` and `ffmpeg` are searched on PATH. yt-dlp is never searched. */
export interface ToolPaths {
  python?: string | undefined;
  /** The folder that pip installed yt-dlp into. */
  ytdlpDirectory?: string | undefined;
  ffmpeg?: string | undefined;
}

export interface Tools {
  /** Absolute path of an interpreter, 3.11 or newer. Null together with `ytdlpDirectory`. */
  python: string | null;
  ytdlpDirectory: string | null;
  /** Absolute path. ffprobe is not used, since the PyPI wheel does not include it. */
  ffmpeg: string | null;
  versions: { ytdlp: string | null; ffmpeg: string | null };
}

/** Milliseconds for a program to print its version: a cold disk needs seconds. */
const VERSION_TIMEOUT_MS = 30_000;

/** A program that is missing or does not start is null. */
export async function findTools(paths: ToolPaths): Promise<Tools> {
  const python = paths.ytdlpDirectory ? await findPython(paths.python ?? 'python3') : null;
  const ytdlp =
    python && paths.ytdlpDirectory
      ? await firstLine(python, ytdlpCommand(paths.ytdlpDirectory, ['--ignore-config', '--version']))
      : null;
  const ffmpegPath = await locate(paths.ffmpeg ?? 'ffmpeg');
  const banner = ffmpegPath ? await firstLine(ffmpegPath, { args: ['-version'] }) : null;
  const ffmpeg = /^ffmpeg version (\S+)/.exec(banner ?? '')?.[1] ?? null;
  return {
    python: ytdlp ? python : null,
    ytdlpDirectory: ytdlp ? (paths.ytdlpDirectory ?? null) : null,
    ffmpeg: ffmpeg ? ffmpegPath : null,
    versions: { ytdlp, ffmpeg },
  };
}

/** Throws `resolver_unavailable` when pages cannot be read here. */
export function requireYtdlp(tools: Tools): { python: string; ytdlpDirectory: string } {
  const { python, ytdlpDirectory } = tools;
  if (!python || !ytdlpDirectory) throw new JobFailure('resolver_unavailable');
  return { python, ytdlpDirectory };
}

/** The path of the interpreter, not of a shim: a shim needs environment variables that children do not get. */
async function findPython(command: string): Promise<string | null> {
  const script = 'import sys; print(sys.executable if sys.version_info >= (3, 11) else "")';
  return (await firstLine(command, { args: ['-I', '-c', script] })) || null;
}

/** Children do not get the PATH of the operator, so the path must be absolute. */
async function locate(command: string): Promise<string | null> {
  if (isAbsolute(command)) return command;
  for (const directory of (process.env['PATH'] ?? '').split(delimiter).filter(isAbsolute)) {
    const path = join(directory, command);
    const runs = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return path;
  }
  return null;
}

/** First line of stdout, or null when the program is missing or fails. */
async function firstLine(
  command: string,
  invocation: Pick<ChildOptions, 'args' | 'input'>,
): Promise<string | null> {
  const lines: string[] = [];
  try {
    const { exitCode } = await runChild({
      command,
      ...invocation,
      cwd: tmpdir(),
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
