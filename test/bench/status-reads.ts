/** The benchmark of status polls, beside a bare Hono route with one select in another workerd. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Pool } from 'undici';
import type { Api } from '../support/stack/api.ts';
import type { Stack } from '../support/stack/stack.ts';
import { median } from './compare.ts';

const CONNECTIONS = 8;
const ROUND_MS = 3_000;

/** Prints requests a second of both, in turns. */
export async function benchStatusReads(
  { stack, api }: { stack: Stack; api: Api },
  { sourceUrl, rounds }: { sourceUrl: string; rounds: number },
): Promise<void> {
  const jobId = await api.startImport({ url: `${sourceUrl}/6000.wav` });
  await api.ended(jobId);
  const bare = fork(new URL('bare-hono.ts', import.meta.url), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  try {
    const [bareUrl] = (await once(bare, 'message')) as [string];
    const rates: [number[], number[]] = [[], []];
    for (let round = 0; round <= rounds; round += 1) {
      const ours = await rate(stack.apiUrl, `/import/status?id=${jobId}`, stack.apiKey);
      const theirs = await rate(bareUrl, '/', 'none');
      if (round > 0) [ours, theirs].forEach((value, index) => rates[index]?.push(value));
    }
    const [ours, theirs] = [median(rates[0]), median(rates[1])];
    console.log(
      `\nStatus polls: ${ours.toFixed(0)} a second; a bare route with one select: ${theirs.toFixed(0)}; ${(ours / theirs).toFixed(2)}× (goal ≥ 0.7×).`,
    );
  } finally {
    bare.kill();
  }
}

/** Requests a second over a few connections that are always busy. Throws at an answer other than 200. */
async function rate(origin: string, path: string, apiKey: string): Promise<number> {
  const pool = new Pool(origin, { connections: CONNECTIONS });
  const headers = { authorization: `Bearer ${apiKey}` };
  const until = performance.now() + ROUND_MS;
  let done = 0;
  const loop = async (): Promise<void> => {
    while (performance.now() < until) {
      const { statusCode, body } = await pool.request({ path, method: 'GET', headers });
      await body.dump();
      if (statusCode !== 200) throw new Error(`${origin}${path} answered ${statusCode}`);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, loop));
  await pool.close();
  return done / (ROUND_MS / 1000);
}
