/** What a hostile child tries, with and without confinement. */
import { constants } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { countsByNamespace } from '../../../downloader/process/bubblewrap.ts';
import { childEnvironment } from '../../../downloader/process/child-environment.ts';
import type { Confinement } from '../../../downloader/process/confinement.ts';
import { runChild, type ChildOptions } from '../../../downloader/process/run-child.ts';
import { mediaTools } from '../../support/media-tools.ts';
import { recordTcp } from '../net/servers.ts';

const { python, ytdlpDirectory, confinement } = await mediaTools();

let base: string;
let folder: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'confinement-'));
  folder = join(base, 'job');
  await mkdir(folder, { mode: 0o700 });
  await mkdir(join(base, 'other'), { mode: 0o700 });
  await writeFile(join(base, 'other', 'token'), 'a token');
});
afterEach(async () => {
  await rm(base, { recursive: true, force: true });
});

function child(script: string, by: Confinement | null, options: Partial<ChildOptions> = {}): ChildOptions {
  return {
    command: python!,
    args: ['-I', '-c', script],
    cwd: folder,
    confinement: by,
    folder,
    env: childEnvironment(folder),
    signal: new AbortController().signal,
    maxStderrBytes: 2000,
    timeoutMs: 20_000,
    ...options,
  };
}

/** Runs Python and returns what it printed, or the last line of its error. */
async function attempt(script: string, by: Confinement | null): Promise<string> {
  const lines: string[] = [];
  const { stderr } = await runChild(child(script, by, { onStdoutLine: (line) => lines.push(line) }));
  return lines.join('\n') || stderr.trim().split('\n').at(-1)!;
}

/** A system call by its name in the C library, or by its number, which fails with the name of an error. */
const CALL = `
import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
def call(function, *args):
  if function(*args) < 0: print(errno.errorcode[ctypes.get_errno()])
  else: print('done')
`;

describe.skipIf(!python || confinement.level !== 'full')('a confined child', () => {
  const attacks: { name: string; script: () => string; alone: string; refused: RegExp }[] = [
    {
      name: 'read the folder of another job',
      script: () => `print(open('${base}/other/token').read())`,
      alone: 'a token',
      refused: /FileNotFoundError/,
    },
    {
      name: 'read the environment of the downloader',
      script: () => `print('PATH=' in open('/proc/${process.pid}/environ').read())`,
      alone: 'True',
      refused: /FileNotFoundError/,
    },
    {
      name: 'read the memory of the downloader',
      script: () => `open('/proc/${process.pid}/mem', 'rb'); print('open')`,
      alone: 'open',
      refused: /FileNotFoundError/,
    },
    {
      name: 'see or end the downloader',
      script: () => `import os; os.kill(${process.pid}, 0); print('seen')`,
      alone: 'seen',
      refused: /ProcessLookupError/,
    },
    {
      name: 'write to /',
      script: () =>
        `import os; os.mkdir('/confinement-test'); os.rmdir('/confinement-test'); print('written')`,
      alone: 'written',
      refused: /OSError.*Read-only file system/,
    },
    {
      name: 'make a namespace with new rights',
      script: () => `${CALL}\nif os.fork() == 0: call(libc.unshare, 0x10000000)\nelse: os.wait()`,
      alone: 'done',
      refused: /^EPERM$/,
    },
    {
      name: 'open a socket past its network',
      // AF_NETLINK stands for the families, such as AF_VSOCK, that this machine may lack.
      script: () => `import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW); print('open')`,
      alone: 'open',
      refused: /Address family not supported/,
    },
  ];

  it.each(attacks)('cannot $name', async ({ script, alone, refused }) => {
    expect(await attempt(script(), null)).toBe(alone);
    expect(await attempt(script(), confinement)).toMatch(refused);
  });

  it('cannot connect to a server of the machine', async () => {
    const server = await recordTcp();
    const script = `import socket; socket.create_connection(('127.0.0.1', ${server.port}), 5); print('connected')`;
    expect(await attempt(script, null)).toBe('connected');
    expect(server.connections).toBe(1);
    expect(await attempt(script, confinement)).toMatch('Connection refused');
    expect(server.connections).toBe(1);
  });

  it('has no way out of its network', async () => {
    // For UDP, this only asks for a route; it sends nothing.
    const script = `import socket; socket.socket(type=socket.SOCK_DGRAM).connect(('192.0.2.1', 9))`;
    expect(await attempt(script, confinement)).toMatch('Network is unreachable');
  });

  it('has no capability and cannot gain one', async () => {
    const script = `${CALL}
print(libc.prctl(39, 0, 0, 0, 0))
print([n for n in range(64) if libc.prctl(23, n, 0, 0, 0) == 1])
call(libc.setuid, 0)
call(libc.mount, b'none', b'${folder}', b'tmpfs', 0, None)
call(libc.sethostname, b'x', 1)`;
    expect(await attempt(script, confinement)).toBe('1\n[]\nEINVAL\nEPERM\nEPERM');
  });

  it('shares its folder with the downloader, and has a private /tmp', async () => {
    const script = `
import os
for path in '${base}/beside', '/tmp/confinement-${process.pid}', 'kept': open(path, 'w').write(os.getcwd())
print('written')`;
    expect(await attempt(script, confinement)).toBe('written');
    expect(await readFile(join(folder, 'kept'), 'utf8')).toBe(folder);
    for (const path of [join(base, 'beside'), `/tmp/confinement-${process.pid}`])
      await expect(readFile(path)).rejects.toThrow('ENOENT');
  });

  it('takes along everything that it started, also in a session of its own', async () => {
    const script = `
import os, time
os.mkfifo('pipe')
pipe = os.open('pipe', os.O_RDWR)
if os.fork() == 0:
  os.setsid()
  while True: time.sleep(1)
print('left')`;
    expect(await attempt(script, confinement)).toBe('left');
    // A pipe without a writer is at its end; with one, and without data, reading it fails.
    const pipe = await open(join(folder, 'pipe'), constants.O_RDONLY | constants.O_NONBLOCK);
    const read = () => pipe.read(Buffer.alloc(1)).then(({ bytesRead }) => bytesRead, String);
    await expect.poll(read, { timeout: 5000 }).toBe(0);
    await pipe.close();
  });

  it('runs the JavaScript runtime that yt-dlp uses', async () => {
    const script = `
import sys
sys.path.insert(0, ${JSON.stringify(ytdlpDirectory)})
from yt_dlp.utils._jsruntime import NodeJsRuntime
found = NodeJsRuntime(path=${JSON.stringify(process.execPath)}).info
print(found.version, found.supported)`;
    expect(await attempt(script, confinement)).toBe(`${process.versions.node} True`);
  });

  it('shows by which signal it ended', async () => {
    const end = (signal: string) => `import os, signal; os.kill(os.getpid(), signal.${signal})`;
    expect(await runChild(child(end('SIGTERM'), confinement))).toMatchObject({ exitCode: null });
    await expect(runChild(child(end('SIGKILL'), confinement))).rejects.toThrow('downloader_out_of_memory');
    expect(await runChild(child('raise SystemExit(7)', confinement))).toMatchObject({ exitCode: 7 });
  });

  it('keeps its limits', async () => {
    const limits = { memoryBytes: 2 ** 30, fileBytes: 1000, cpuSeconds: 20 };
    const script = `open('large', 'wb').write(bytes(100000))`;
    const { exitCode } = await runChild(child(script, confinement, { limits }));
    expect(exitCode).not.toBe(0);
    expect((await readFile(join(folder, 'large'))).length).toBeLessThanOrEqual(1024);
  });
});

it.each([
  ['5.13.19-generic', false],
  ['4.4.0', false],
  ['5.14.0', true],
  ['6.1.0-rc1', true],
  ['unknown', false],
])('Linux %s counts the processes of a user namespace apart: %s', (kernel, isApart) => {
  expect(countsByNamespace(kernel)).toBe(isApart);
});
