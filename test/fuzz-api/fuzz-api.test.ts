/**
 * Random requests to the whole API: no answer is an error of the server, and none is outside /openapi.json. `npm run fuzz:api`
 * runs it longer and with other requests each time.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { freePort } from '../../scripts/lib/ports.ts';
import { loadSecrets } from '../../scripts/lib/secrets.ts';
import { workerBindings } from '../../scripts/start/environment.ts';
import { prepareDatabase } from '../../scripts/start/first-key.ts';
import { startMiniflare } from '../../scripts/start/worker-in-miniflare.ts';
import { resolvesTo } from '../downloader/net/network.ts';
import { installSchemathesis, runSchemathesis } from './schemathesis.ts';

const SECONDS = Number(process.env.FUZZ_SECONDS ?? 25);
const SEED = Number(process.env.FUZZ_SEED ?? 1);

/** A Worker without downloaders, whose names all resolve to an address that is not allowed: no request leaves this machine. */
async function startWorker() {
  const stateDirectory = await mkdtemp(join(tmpdir(), 'importly-fuzz-worker-'));
  const port = await freePort();
  const downloaderUrl = `http://127.0.0.1:${await freePort()}`;
  const bindings = workerBindings({ env: {}, secrets: loadSecrets(stateDirectory), port, downloaderUrl });
  const input = { stateDirectory, port, bindings, logsAll: false, onChange: () => undefined };
  const miniflare = await startMiniflare(input, resolvesTo(['127.0.0.1']));
  const { apiKey } = await prepareDatabase(miniflare, null);
  const stop = async () => {
    await miniflare.dispose();
    await rm(stateDirectory, { recursive: true, force: true });
  };
  return { apiUrl: `http://127.0.0.1:${port}`, apiKey, stop };
}

test(
  `every answer to ${SECONDS} s of random requests is documented, and none is a 500`,
  { timeout: (SECONDS + 120) * 1000 },
  async () => {
    const schemathesis = await installSchemathesis();
    // The log of the Worker has thousands of lines.
    vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const { apiUrl, apiKey, stop } = await startWorker();
    try {
      const { passed, report } = await runSchemathesis(schemathesis, {
        apiUrl,
        apiKey,
        seconds: SECONDS,
        seed: SEED,
      });
      if (!passed) throw new Error(report);
      // Otherwise most requests were refused for their key, and show nothing.
      const answer = await fetch(`${apiUrl}/keys`, { headers: { Authorization: `Bearer ${apiKey}` } });
      expect(answer.status).toBe(200);
      expect(Number(/(\d+) generated/.exec(report)?.[1])).toBeGreaterThan(100);
    } finally {
      await stop();
    }
  },
);
