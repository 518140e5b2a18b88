import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';
import { expect, test } from 'vitest';
import { JobRegistry } from '../../../../downloader/jobs/job-registry.ts';
import { pullJobs } from '../../../../downloader/jobs/puller.ts';
import { JobKind } from '../../../../worker/contract/job.ts';
import { createLog } from '../../../../worker/contract/log.ts';

type Received = Record<string, unknown>;

/** A Worker that gives these answers, the last one again and again, and what pulls from it until `until` returns true. */
async function pull(
  answers: { status: number; body: object }[],
  until: (received: Received[], waitsMs: number[]) => boolean,
) {
  const received: Received[] = [];
  const waitsMs: number[] = [];
  const stop = new AbortController();
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    received.push(JSON.parse(text) as Received);
    if (until(received, waitsMs)) stop.abort();
    const { status, body } = answers[Math.min(received.length, answers.length) - 1]!;
    response.writeHead(status).end(JSON.stringify(body));
  };
  const worker = createServer((request, response) => void answer(request, response));
  await once(worker.listen(0, '127.0.0.1'), 'listening');
  const agent = new Agent();
  await pullJobs(
    {
      workerUrl: `http://127.0.0.1:${(worker.address() as AddressInfo).port}`,
      fleetToken: 'token',
      registry: new JobRegistry({
        capacity: 4,
        run: async () => null,
        hasDiskRoom: async () => true,
        onAccepted: () => undefined,
      }),
      dispatchPublicKey: generateKeyPairSync('ed25519').publicKey,
      agent,
      now: Date.now,
      log: createLog('downloader', (line) => {
        const { event, retryMs } = JSON.parse(line) as Record<string, unknown>;
        expect(event).toBe('claim.failed');
        waitsMs.push(Number(retryMs));
        if (until(received, waitsMs)) stop.abort();
      }),
    },
    stop.signal,
  );
  await agent.destroy();
  worker.close();
  return { received, waitsMs };
}

test('a downloader that cannot verify its jobs asks more and more rarely: each claim holds a job for a minute', async () => {
  const dispatch = { body: '{}', timestamp: '0', signature: '' };
  const { waitsMs } = await pull([{ status: 200, body: { dispatch } }], (_, waits) => waits.length === 3);
  // The wait doubles, and up to half of it is left out at random.
  expect(waitsMs[2]).toBeGreaterThanOrEqual(500);
});

test('a downloader names the kinds of job that it knows, and leaves them out for a Worker of an earlier version', async () => {
  const answers = [
    { status: 400, body: { code: 'invalid_request' } },
    { status: 200, body: { dispatch: null } },
  ];
  const { received, waitsMs } = await pull(answers, (bodies) => bodies.length === 3);
  const [first, second] = received;
  expect(first).toEqual({ capacity: 4, kinds: JobKind.options });
  expect(second).toEqual({ capacity: 4 });
  expect(waitsMs).toEqual([]);
});
