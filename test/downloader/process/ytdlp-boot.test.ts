import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterEach, expect, test } from 'vitest';
import { ytdlpCommand } from '../../../downloader/process/ytdlp-boot.ts';
import { freePort } from '../../../scripts/lib/ports.ts';
import { listProcesses, signalProcess } from '../../../scripts/lib/processes.ts';
import { mediaTools } from '../../support/media-tools.ts';

const { python, ytdlpDirectory } = await mediaTools();
let folder = '';
/** Processes whose command line names the folder, which is an argument of the interpreter. */
const running = () => listProcesses().filter(({ command }) => command.includes(folder));

afterEach(async () => {
  for (const { pid } of running()) signalProcess(pid, 'SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

// Only Linux tells a process of the end of its parent, and only there is a relay needed.
test.skipIf(ytdlpDirectory === null || process.platform !== 'linux')(
  'the relay ends with yt-dlp, also when nobody is left to end its process group',
  async () => {
    folder = await mkdtemp(join(tmpdir(), 'importly-boot-'));
    await writeFile(join(folder, 'yt_dlp.py'), 'def main(): print("it ran")\n');
    const relay = { port: await freePort(), socketPath: join(folder, 'proxy.sock') };
    const { args, input } = ytdlpCommand(folder, [], relay);
    const child = spawn(python!, args, { detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += String(chunk)));
    const exit = once(child, 'exit');
    await pipeline(input, child.stdin);
    expect(await exit).toEqual([0, null]);
    expect(output).toBe('it ran\n');
    await expect.poll(running, { timeout: 5000 }).toEqual([]);
  },
);
