import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from 'undici';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findLostAttempts, noteAttempt, reportLostAttempts } from '../../../downloader/jobs/attempt-notes.ts';
import { lostProof } from '../../../worker/contract/downloader/lost-proof.ts';
import type { Command } from '../../../worker/contract/downloader/command.ts';
import { createLog } from '../../../worker/contract/log.ts';

const JOB = '01a21d3e-f48d-73e6-a566-2e191dd00e3f';
const TOKEN = `${JOB}.1.1795788758.${'s'.repeat(43)}`;
const log = createLog('downloader', () => undefined);

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'importly-notes-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const note = (controlUrl: string) =>
  noteAttempt(directory, { jobId: JOB, attempt: 1, controlUrl, token: TOKEN } as Command);

/** Gives the notes of this process to one that has ended. */
async function die(): Promise<void> {
  const { pid } = spawnSync(process.execPath, ['--version']);
  for (const name of await readdir(directory))
    await rename(join(directory, name), join(directory, name.replace(`-${process.pid}-`, `-${pid}-`)));
}

/** A Worker that gives these statuses one after the other, the last one again and again. */
async function startWorker(statuses: number[]) {
  const bodies: unknown[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    bodies.push({ path: request.url, ...(JSON.parse(text) as object) });
    const status = statuses[Math.min(bodies.length, statuses.length) - 1] ?? 200;
    response.writeHead(status).end(JSON.stringify(status === 200 ? { known: 1 } : {}));
  };
  const server = createServer((request, response) => void answer(request, response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const agent = new Agent();
  const stop = async () => {
    await agent.destroy();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/internal`, bodies, agent, stop };
}

describe('the note of an attempt', () => {
  test('has no token, is readable by its owner only, and is removed at the end of the attempt', async () => {
    const removeNote = await note('http://127.0.0.1:1/internal');
    const [name = ''] = await readdir(directory);
    const text = await readFile(join(directory, name), 'utf8');
    expect(text).toContain(await lostProof(TOKEN));
    expect(text).not.toContain('s'.repeat(43));
    expect((await stat(join(directory, name))).mode & 0o077).toBe(0);
    await removeNote();
    expect(await readdir(directory)).toEqual([]);
  });

  test('that cannot be written does not stop the attempt', async () => {
    await rm(directory, { recursive: true });
    const removeNote = await note('http://127.0.0.1:1/internal');
    await expect(removeNote()).resolves.toBeUndefined();
  });

  test('of a process that runs is left alone', async () => {
    await note('http://127.0.0.1:1/internal');
    const name = (await readdir(directory))[0] ?? '';
    await rename(
      join(directory, name),
      join(directory, name.replace(`-${process.pid}-`, `-${process.ppid}-`)),
    );
    expect(await findLostAttempts(directory)).toEqual({ files: [], byWorker: new Map() });
  });
});

describe('the notes of a process that has ended', () => {
  test('are told to the Worker, again when it does not answer, and then removed', async () => {
    const worker = await startWorker([503, 200]);
    await note(worker.url);
    await writeFile(join(directory, `importly-attempt-${process.pid}-broken`), '{"control');
    await die();
    await reportLostAttempts(await findLostAttempts(directory), { agent: worker.agent, log });
    const body = { path: '/internal/hello', lost: [await lostProof(TOKEN)] };
    expect(worker.bodies).toEqual([body, body]);
    expect(await readdir(directory)).toEqual([]);
    await worker.stop();
  });

  test('are removed also when the Worker does not know the request', async () => {
    const worker = await startWorker([404]);
    await note(worker.url);
    await die();
    await reportLostAttempts(await findLostAttempts(directory), { agent: worker.agent, log });
    expect(worker.bodies).toHaveLength(1);
    expect(await readdir(directory)).toEqual([]);
    await worker.stop();
  });
});
