import { expect, test } from 'vitest';
import { childEnvironment } from '../../../downloader/process/child-environment.ts';
import { unconfined } from '../../../downloader/process/confinement.ts';
import { countOwnTasks } from '../../../downloader/process/count-tasks.ts';
import { runChild } from '../../../downloader/process/run-child.ts';

test.skipIf(process.platform !== 'linux')(
  'a child of a machine that confines nothing may start about a thousand processes more than its user has',
  async () => {
    const before = countOwnTasks() ?? NaN;
    // Node alone has several threads.
    expect(before).toBeGreaterThan(4);
    const lines: string[] = [];
    const { exitCode } = await runChild({
      command: 'grep',
      args: ['Max processes', '/proc/self/limits'],
      cwd: '/',
      confinement: unconfined('This test is about processes alone.'),
      env: childEnvironment('/tmp'),
      signal: new AbortController().signal,
      onStdoutLine: (line) => lines.push(line),
      maxStderrBytes: 1000,
      timeoutMs: 20_000,
    });
    expect(exitCode).toBe(0);
    const [, soft, hard] = (/(\d+)\s+(\d+)\s+processes/.exec(lines[0] ?? '') ?? []).map(Number);
    expect(soft).toBe(hard);
    // Other programs start and end meanwhile.
    expect(soft).toBeGreaterThan(1024);
    expect(soft).toBeLessThan(1024 + 2 * before + 500);
  },
);
