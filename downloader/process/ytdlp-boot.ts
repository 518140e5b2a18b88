/** How yt-dlp starts: a short Python program that reads its arguments from stdin. */

/**
 * Python runs isolated: with `-I` it imports nothing from the working folder or from PYTHON* variables. Its argument is
 * the folder of yt-dlp. The arguments of yt-dlp come as JSON on stdin, because the command line of a process can be read
 * by every other process, and they contain the URL of the source and the password of the proxy. On Linux the interpreter
 * ends with its parent, also when the parent is killed.
 */
const BOOT = [
  'import sys, json',
  'sys.path.insert(0, sys.argv.pop(1))',
  'sys.argv[1:] = json.load(sys.stdin)',
  'try:\n import ctypes; ctypes.CDLL(None).prctl(1, 9)\nexcept Exception: pass',
  'from yt_dlp import main',
  'main()',
].join('\n');

export interface YtdlpCommand {
  /** Arguments of the Python interpreter. */
  args: string[];
  input: AsyncIterable<Uint8Array>;
}

/** Runs yt-dlp of this folder with these arguments. */
export function ytdlpCommand(ytdlpDirectory: string, args: readonly string[]): YtdlpCommand {
  return {
    args: ['-I', '-X', 'utf8', '-c', BOOT, ytdlpDirectory],
    input: once(Buffer.from(JSON.stringify(args))),
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
