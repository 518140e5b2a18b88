import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';
import { expect, test } from 'vitest';
import { JobRegistry } from '../../../downloader/jobs/job-registry.ts';
import { pullJobs } from '../../../downloader/jobs/puller.ts';
import { createLog } from '../../../worker/contract/log.ts';

test('a downloader that cannot verify its jobs asks more and more rarely: each claim holds a job for a minute', async () => {
  const dispatch = { body: '{}', timestamp: '0', signature: '' };
  const worker = createServer((_request, response) => response.end(JSON.stringify({ dispatch })));
  await once(worker.listen(0, '127.0.0.1'), 'listening');
  const stop = new AbortController();
  const waitsMs: unknown[] = [];
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
        waitsMs.push(retryMs);
        if (waitsMs.length === 3) stop.abort();
      }),
    },
    stop.signal,
  );
  await agent.close();
  worker.close();
  // The wait doubles, and up to half of it is left out at random.
  expect(waitsMs[2]).toBeGreaterThanOrEqual(500);
});
