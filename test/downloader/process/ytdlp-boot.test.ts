import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { limitChild, type ChildLimits } from '../../../downloader/process/limit-child.ts';
import { ytdlpCommand, type YtdlpBoot } from '../../../downloader/process/ytdlp-boot.ts';
import { freePort } from '../../../scripts/lib/ports.ts';
import { listProcesses, signalProcess } from '../../../scripts/lib/processes.ts';
import { mediaTools } from '../../support/media-tools.ts';

const { python, ytdlpDirectory } = await mediaTools();
let folder = '';
/** What the start changes of yt-dlp. */
const REPORTER = `
class YoutubeDL:
  def report_error(self, message): print(message)
`;
/** Processes whose command line names the folder, which is an argument of the interpreter. */
const running = () => listProcesses().filter(({ command }) => command.includes(folder));

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'importly-boot-'));
});
afterEach(async () => {
  for (const { pid } of running()) signalProcess(pid, 'SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** Runs `program` in place of yt-dlp, with the folder of the test. Returns what it printed. */
async function run(
  program: string,
  boot: Omit<YtdlpBoot, 'args'>,
  limits: ChildLimits | null = null,
): Promise<string> {
  await writeFile(join(folder, 'yt_dlp.py'), program);
  const { args, input } = ytdlpCommand(folder, { ...boot, args: [] });
  const plain = { command: python!, args };
  const command = limits ? limitChild(plain, limits) : plain;
  const child = spawn(command.command, command.args, { detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  const exit = once(child, 'exit');
  await pipeline(input, child.stdin);
  expect(await exit).toEqual([0, null]);
  return output;
}

// Only Linux tells a process of the end of its parent, and only there is a relay needed.
describe.skipIf(ytdlpDirectory === null || process.platform !== 'linux')('yt-dlp', () => {
  it('ends with its relay, also when nobody is left to end its process group', async () => {
    const relay = { port: await freePort(), socketPath: join(folder, 'proxy.sock') };
    expect(await run(`${REPORTER}def main(): print("it ran")\n`, { relay, memoryBytes: null })).toBe(
      'it ran\n',
    );
    await expect.poll(running, { timeout: 5000 }).toEqual([]);
  });

  it('has less memory than the programs that it starts', async () => {
    const [memoryBytes, ofProcess] = [144 * 2 ** 20, 224 * 2 ** 20];
    const limits = { memoryBytes: ofProcess, fileBytes: 2 ** 20, cpuSeconds: 60 };
    const output = await run(PRINT_LIMITS, { relay: null, memoryBytes }, limits);
    expect(output).toBe(`${ofProcess} ${ofProcess}\n${memoryBytes} ${ofProcess}\nno more\n`);
  });

  it('names the end of its memory, whose error has no text', async () => {
    expect(await run(REPORTS, { relay: null, memoryBytes: null })).toBe('MemoryError\nother\n');
  });
});

const REPORTS = `${REPORTER}
def main():
  for error in MemoryError(), ValueError('other'):
    try: raise error
    except Exception as caught: YoutubeDL().report_error(str(caught))
`;

/** Prints the limit of a program that is started, the own limit, and whether it counts. */
const PRINT_LIMITS = `${REPORTER}
import resource, subprocess, sys
limit = 'import resource; print(*resource.getrlimit(resource.RLIMIT_DATA))'
def main():
  print(subprocess.run([sys.executable, '-c', limit], capture_output=True, text=True).stdout.strip())
  print(*resource.getrlimit(resource.RLIMIT_DATA))
  try: bytearray(200 * 2**20)
  except MemoryError: print('no more')
`;
