/** Children with users of their own, where the tests run as root. Shells suffice: every user can run them. */
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bubblewrap } from '../../../downloader/process/bubblewrap.ts';
import { childEnvironment } from '../../../downloader/process/child-environment.ts';
import type { Confinement } from '../../../downloader/process/confinement.ts';
import { locate } from '../../../downloader/process/locate.ts';
import { runChild } from '../../../downloader/process/run-child.ts';
import { seccompFilter } from '../../../downloader/process/seccomp.ts';
import { confinedByUsers, findUsers } from '../../../downloader/process/users.ts';

const users = await findUsers(tmpdir());
const bwrap = await locate('bwrap');
const filter = seccompFilter(process.arch);

let base: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'users-'));
  // As WORK_DIR: others can pass, and not list.
  await chmod(base, 0o711);
});
afterEach(async () => {
  await rm(base, { recursive: true, force: true });
});

async function jobFolder(name: string, { giveAway }: Confinement): Promise<string> {
  const folder = join(base, name);
  await mkdir(folder, { mode: 0o700 });
  await giveAway(folder);
  return folder;
}

/** Runs a script of the shell and returns what it printed. */
async function run(script: string, confinement: Confinement, folder: string): Promise<string[]> {
  const lines: string[] = [];
  await runChild({
    command: '/bin/sh',
    args: ['-c', script],
    cwd: folder,
    confinement,
    folder,
    env: childEnvironment(folder),
    signal: new AbortController().signal,
    onStdoutLine: (line) => lines.push(line),
    maxStderrBytes: 1000,
    timeoutMs: 20_000,
    limits: { memoryBytes: 2 ** 30, fileBytes: 2 ** 20, cpuSeconds: 10 },
  });
  return lines;
}

describe.skipIf(!users)('children with users of their own', () => {
  it('cannot read the folder of another job, nor what the downloader has in memory', async () => {
    const alone = confinedByUsers(users!, 'This test is about users alone.');
    const [mine, other] = [await jobFolder('mine', alone), await jobFolder('other', alone)];
    await writeFile(join(other, 'token'), 'a token');
    const script = `
      for path in ${other}/token /proc/${process.pid}/environ /proc/${process.pid}/maps; do
        cat $path >/dev/null 2>&1 && echo "read $path"
      done
      kill -0 ${process.pid} 2>/dev/null && echo 'may end the downloader'
      ls ${base} >/dev/null 2>&1 && echo 'lists the folders of jobs'
      touch ${base}/beside 2>/dev/null && echo 'wrote beside its folder'
      touch here && echo 'wrote in its folder'`;
    expect(await run(script, alone, mine)).toEqual(['wrote in its folder']);
  });

  it('have no capabilities and can gain none', async () => {
    const alone = confinedByUsers(users!, 'This test is about users alone.');
    const script = `grep -E '^(Cap(Inh|Prm|Eff|Amb)|NoNewPrivs|Groups)' /proc/self/status`;
    const lines = await run(script, alone, await jobFolder('mine', alone));
    const zero = '0000000000000000';
    expect(lines.map((line) => line.split(/\s+/))).toEqual([
      ['Groups:', ''],
      ...['CapInh:', 'CapPrm:', 'CapEff:', 'CapAmb:'].map((name) => [name, zero]),
      ['NoNewPrivs:', '1'],
    ]);
  });

  it.skipIf(!bwrap || !filter)(
    'have one for each job also inside bubblewrap, and the downloader reads their files',
    async () => {
      const confinement = bubblewrap({ bwrap: bwrap!, filter: filter!, readable: [], users: users! });
      const owners: number[] = [];
      for (const name of ['first', 'second']) {
        const folder = await jobFolder(name, confinement);
        expect(
          await run('umask 077; mkdir -p kept && echo text >kept/file && id -u', confinement, folder),
        ).toEqual(['1000']);
        expect(await readFile(join(folder, 'kept', 'file'), 'utf8')).toBe('text\n');
        owners.push((await stat(join(folder, 'kept', 'file'))).uid, (await stat(folder)).uid);
      }
      const [first, firstFolder, second, secondFolder] = owners;
      expect([firstFolder, secondFolder]).toEqual([first, second]);
      expect(new Set([first, second, process.getuid!()]).size).toBe(3);
    },
  );

  it.each([
    { name: 'as users alone', make: () => confinedByUsers(users!, 'This test is about users alone.') },
    ...(bwrap && filter
      ? [
          {
            name: 'in bubblewrap',
            make: () => bubblewrap({ bwrap, filter, readable: [], users: users! }),
          },
        ]
      : []),
  ])('cannot start processes without end, $name', async ({ name, make }) => {
    const confinement = make();
    const folder = await jobFolder(name.replaceAll(' ', '-'), confinement);
    // The shell ends when it cannot start another process.
    const started = await run('while :; do sleep 30 & echo started; done', confinement, folder);
    expect(started.length).toBeGreaterThan(100);
    expect(started.length).toBeLessThanOrEqual(256);
    const other = await jobFolder(`beside-${name.replaceAll(' ', '-')}`, confinement);
    expect(await run('sleep 0 & wait; echo works', confinement, other)).toEqual(['works']);
  });

  it.skipIf(!bwrap)('end with the timeout, although they belong to others', async () => {
    const confinement = bubblewrap({ bwrap: bwrap!, filter: filter!, readable: [], users: users! });
    const folder = await jobFolder('slow', confinement);
    const result = await runChild({
      command: '/bin/sh',
      args: ['-c', 'sleep 60'],
      cwd: folder,
      confinement,
      folder,
      env: childEnvironment(folder),
      signal: new AbortController().signal,
      maxStderrBytes: 1000,
      timeoutMs: 300,
    });
    expect(result.timedOut).toBe(true);
  });
});
