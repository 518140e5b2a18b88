import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { childEnvironment, scriptEnvironment } from '../../../downloader/process/child-environment.ts';
import { runChild, type ChildOptions } from '../../../downloader/process/run-child.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'run-child-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** A child that runs this JavaScript. */
function node(script: string, options: Partial<ChildOptions> = {}): ChildOptions {
  return {
    command: process.execPath,
    args: ['-e', script],
    cwd: directory,
    confinement: null,
    env: childEnvironment(directory),
    signal: new AbortController().signal,
    maxStderrBytes: 1000,
    timeoutMs: 20_000,
    ...options,
  };
}

/** Starts a grandchild that ignores SIGTERM and holds stdout and stderr, and prints its pid. */
const GRANDCHILD = `
  const { spawn } = require('node:child_process');
  const script = "process.on('SIGTERM', () => {}); process.send('up'); setInterval(() => {}, 1000)";
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  child.once('message', () => { console.log(child.pid); child.disconnect(); child.unref(); then(); });
`;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** SIGKILL has been sent; the kernel and init need a moment to take the process away. */
async function gone(pid: number): Promise<boolean> {
  const deadline = Date.now() + 5000;
  while (isAlive(pid) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
  return !isAlive(pid);
}

describe('runChild', () => {
  it('returns the exit code and passes stdout on in lines', async () => {
    const lines: string[] = [];
    const script = `process.stdout.write('one\\r\\ntw'); setImmediate(() => { process.stdout.write('o\\nthree'); process.exitCode = 3; })`;
    const result = await runChild(node(script, { onStdoutLine: (line) => lines.push(line) }));
    expect(result).toEqual({ exitCode: 3, timedOut: false, stderr: '' });
    expect(lines).toEqual(['one', 'two', 'three']);
  });

  it('passes no variable of its own environment to the child', async () => {
    process.env['NO_PROXY'] = '*';
    const lines: string[] = [];
    await runChild(
      node('console.log(Object.keys(process.env).sort().join())', { onStdoutLine: (l) => lines.push(l) }),
    );
    delete process.env['NO_PROXY'];
    expect(lines).toEqual(['HOME,LANG,LC_ALL,PATH,TMPDIR,XDG_CACHE_HOME,XDG_CONFIG_HOME']);
  });

  it('runs no shell', async () => {
    const lines: string[] = [];
    const args = ['-e', 'console.log(process.argv[1])', '; touch made $(id) `id`'];
    await runChild({ ...node(''), args, onStdoutLine: (line) => lines.push(line) });
    expect(lines).toEqual(['; touch made $(id) `id`']);
  });

  it('keeps the end of stderr, without secrets', async () => {
    const script = `process.stderr.write('x'.repeat(5000) + ' http://user:word@host/path?token=1#f end')`;
    const { stderr } = await runChild(node(script));
    expect(stderr.length).toBeLessThanOrEqual(1000);
    expect(stderr).toMatch(/x http:\/\/host\/path end$/);
  });

  it('feeds stdin as the child takes it', async () => {
    const lines: string[] = [];
    async function* input() {
      for (let count = 0; count < 50; count += 1) yield new Uint8Array(100_000).fill(count);
      await Promise.resolve();
    }
    const script = `let n = 0; process.stdin.on('data', (d) => { n += d.length; }); process.stdin.on('end', () => console.log(n));`;
    await runChild(node(script, { input: input(), onStdoutLine: (line) => lines.push(line) }));
    expect(lines).toEqual(['5000000']);
  });

  it('accepts a child that stops reading', async () => {
    async function* endless() {
      for (;;) {
        yield new Uint8Array(100_000);
        await Promise.resolve();
      }
    }
    const script = `process.stdin.once('data', () => process.exit(4))`;
    expect((await runChild(node(script, { input: endless() }))).exitCode).toBe(4);
  });

  it('throws what its input throws, and ends the child', async () => {
    async function* broken() {
      yield new Uint8Array(10);
      await Promise.resolve();
      throw new Error('the source broke');
    }
    await expect(runChild(node('setInterval(() => {}, 1000)', { input: broken() }))).rejects.toThrow(
      'the source broke',
    );
  });

  it('ends a child whose line is too long', async () => {
    const script = `process.stdout.write('y'.repeat(100_000)); setInterval(() => {}, 1000)`;
    await expect(runChild(node(script, { maxLineCharacters: 1000 }))).rejects.toThrow('longer than 1000');
  });

  it('reports a command that is not there', async () => {
    await expect(runChild({ ...node(''), command: '/nonexistent/tool' })).rejects.toThrow('ENOENT');
  });

  it('limits the memory of a child', async () => {
    const script = `const kept = []; for (let n = 0; n < 40; n += 1) kept.push(Buffer.alloc(2 ** 26, 1)); console.log('all');`;
    const lines: string[] = [];
    const limits = { memoryBytes: 2 ** 30, fileBytes: 0, cpuSeconds: 20 };
    const options = node(script, { limits, onStdoutLine: (line) => lines.push(line) });
    expect((await runChild(options)).exitCode).not.toBe(0);
    expect(lines).toEqual([]);
  });

  it.runIf(process.platform === 'linux')(
    'runs JavaScript in the memory of the smallest machine',
    async () => {
      const limits = { memoryBytes: 224 * 2 ** 20, fileBytes: 0, cpuSeconds: 20 };
      const script = `console.log(Array.from({ length: 1e6 }, () => 'undefined').join('').length)`;
      const lines: string[] = [];
      const env = { ...childEnvironment(directory), ...scriptEnvironment(limits.memoryBytes) };
      const { exitCode, stderr } = await runChild(
        node(script, { env, limits, onStdoutLine: (line) => lines.push(line) }),
      );
      expect({ exitCode, stderr, lines }).toEqual({ exitCode: 0, stderr: '', lines: ['9000000'] });
    },
  );

  it('limits the size of files of a child', async () => {
    const script = `require('node:fs').writeFileSync('big', Buffer.alloc(3_000_000))`;
    await runChild(node(script, { limits: { memoryBytes: 2 ** 30, fileBytes: 1_000_448, cpuSeconds: 20 } }));
    expect((await readFile(join(directory, 'big'))).length).toBe(1_000_448);
  });

  it('limits the CPU time of a child', async () => {
    const limits = { memoryBytes: 2 ** 30, fileBytes: 0, cpuSeconds: 1 };
    const result = await runChild(node('for (;;) {}', { limits }));
    expect(result).toMatchObject({ exitCode: null, timedOut: false });
  });

  it('gives a child with limits a low priority', async () => {
    const lines: string[] = [];
    const limits = { memoryBytes: 2 ** 30, fileBytes: 0, cpuSeconds: 10 };
    const script = 'setImmediate(() => console.log(require("node:os").getPriority()))';
    await runChild(node(script, { limits, onStdoutLine: (line) => lines.push(line) }));
    expect(lines).toEqual(['10']);
  });

  it('passes arguments on as they are to a child with limits, and gives its exit code', async () => {
    const lines: string[] = [];
    const args = ['$(id)', 'a b', "'", '', '--x', '$1', '*'];
    const options = node('console.log(JSON.stringify(process.argv.slice(1))); process.exitCode = 7', {
      limits: { memoryBytes: 2 ** 30, fileBytes: 0, cpuSeconds: 20 },
      onStdoutLine: (line) => lines.push(line),
    });
    const { exitCode } = await runChild({ ...options, args: [...options.args, '--', ...args] });
    expect(exitCode).toBe(7);
    expect(JSON.parse(lines.join('\n'))).toEqual(args);
  });

  it('reports a child that the system kills as out of memory', async () => {
    const killed = runChild(node(`process.kill(process.pid, 'SIGKILL')`));
    await expect(killed).rejects.toMatchObject({ failure: { code: 'downloader_out_of_memory' } });
  });

  it.runIf(process.platform === 'linux')(
    'makes a child the first that a system without memory ends',
    async () => {
      const lines: string[] = [];
      const limits = { memoryBytes: 2 ** 30, fileBytes: 0, cpuSeconds: 20 };
      const script = `console.log(require('node:fs').readFileSync('/proc/self/oom_score_adj', 'utf8').trim())`;
      await runChild(node(script, { limits, onStdoutLine: (line) => lines.push(line) }));
      expect(lines).toEqual(['1000']);
    },
  );

  it('starts nothing once aborted', async () => {
    const signal = AbortSignal.abort(new Error('too late'));
    const script = `require('node:fs').writeFileSync('ran', '')`;
    await expect(runChild(node(script, { signal }))).rejects.toThrow('too late');
    await expect(readFile(join(directory, 'ran'))).rejects.toThrow('ENOENT');
  });

  it('ends at its time limit', async () => {
    const result = await runChild(node('setInterval(() => {}, 1000)', { timeoutMs: 300 }));
    expect(result).toMatchObject({ exitCode: null, timedOut: true });
  });

  it('does not wait for a grandchild that holds its pipes, and leaves none', async () => {
    let pid = 0;
    const started = performance.now();
    const script = `${GRANDCHILD} function then() { process.exit(0); }`;
    const result = await runChild(node(script, { onStdoutLine: (line) => (pid = Number(line)) }));
    expect(result.exitCode).toBe(0);
    expect(performance.now() - started).toBeLessThan(4000);
    expect(pid).toBeGreaterThan(0);
    expect(await gone(pid)).toBe(true);
  });

  it('kills a whole family that ignores SIGTERM at once, and throws the reason of the abort', async () => {
    const controller = new AbortController();
    let pid = 0;
    let abortedAtMs = 0;
    const script = `process.on('SIGTERM', () => {}); ${GRANDCHILD} function then() { setInterval(() => {}, 1000); }`;
    const running = runChild(
      node(script, {
        signal: controller.signal,
        onStdoutLine: (line) => {
          pid = Number(line);
          abortedAtMs = performance.now();
          controller.abort(new Error('canceled'));
        },
      }),
    );
    await expect(running).rejects.toThrow('canceled');
    expect(performance.now() - abortedAtMs).toBeLessThan(2000);
    expect(await gone(pid)).toBe(true);
  });
});
