import { env } from 'cloudflare:workers';
import { beforeAll, expect, it } from 'vitest';
import { controlUrl } from '../../../worker/control-url.ts';
import { memberSlot } from '../../../worker/contract/downloader/slot-names.ts';
import { createDownloader } from '../../../worker/container/http-downloader.ts';
import { publicKeyOf } from '../../../worker/container/sign-request.ts';
import { containerTransport, urlTransport, type Transport } from '../../../worker/container/transport.ts';
import type { Command } from '../../../worker/contract/downloader/command.ts';
import {
  dispatchBytes,
  SIGNATURE_HEADER,
  TIMESTAMP_HEADER,
} from '../../../worker/contract/downloader/signature.ts';
import { makeCtx } from '../support/make-ctx.ts';

const privateKey = makeCtx().config.DISPATCH_PRIVATE_KEY;
const command: Command = {
  version: 1,
  kind: 'import',
  jobId: '00000000-0000-7000-8000-000000000001',
  attempt: 2,
  slot: 'slot-0',
  token: 'token',
  controlUrl: 'http://control.internal/internal',
  source: { url: 'https://a.example/v.mp4' },
  limits: { maxBytes: 1, maxDurationSeconds: 1, timeoutSeconds: 1, stallSeconds: 1 },
};
const health = (jobs: { jobId: string; attempt: number }[]) => ({
  ok: true,
  draining: false,
  capacity: 4,
  jobs,
  versions: { downloader: '1', ytdlp: null, ffmpeg: null },
});

function downloaderOver(transport: Transport) {
  const ctx = makeCtx();
  return { ctx, downloader: createDownloader({ transport, privateKey, now: ctx.now, log: ctx.log }) };
}

/** Answers `/jobs` and `/health` by the given functions. */
function routes(answers: Record<string, () => Response | Promise<Response>>): Transport {
  return async (_slot, path) => answers[path]!();
}

let publicKey: CryptoKey;
beforeAll(async () => {
  const spki = Uint8Array.from(atob(await publicKeyOf(privateKey)), (char) => char.charCodeAt(0));
  publicKey = await crypto.subtle.importKey('spki', spki, 'Ed25519', false, ['verify']);
});

it('signs time, method, path and body, so that the public key proves each request', async () => {
  const sent: Request[] = [];
  const { ctx, downloader } = downloaderOver(async (_slot, path, init) => {
    sent.push(new Request(`http://downloader${path}`, init));
    return new Response(null, { status: 202 });
  });
  await downloader.dispatch('slot-0', command);
  await downloader.cancel('slot-0', command.jobId);
  expect(sent.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'POST http://downloader/jobs',
    `DELETE http://downloader/jobs/${command.jobId}`,
  ]);
  for (const request of sent) {
    const timestamp = request.headers.get(TIMESTAMP_HEADER)!;
    expect(timestamp).toBe(String(Math.floor(ctx.now() / 1000)));
    const signature = Uint8Array.from(atob(request.headers.get(SIGNATURE_HEADER)!), (c) => c.charCodeAt(0));
    const path = new URL(request.url).pathname;
    const bytes = dispatchBytes(timestamp, request.method, path, await request.text());
    expect(await crypto.subtle.verify('Ed25519', publicKey, signature, bytes)).toBe(true);
  }
});

it.each([
  [202, 'accepted'],
  [409, 'accepted'],
  [429, 'unreachable'],
  [503, 'unreachable'],
  [400, 'unsupported'],
  [401, 'unreachable'],
  [302, 'unreachable'],
  [500, 'unreachable'],
] as const)('takes a %i as %s', async (status, outcome) => {
  const { ctx, downloader } = downloaderOver(routes({ '/jobs': () => new Response('x', { status }) }));
  expect(await downloader.dispatch('slot-0', command)).toBe(outcome);
  expect(ctx.lines.some(({ level }) => level === 'error')).toBe(![202, 409, 429, 503].includes(status));
});

it.each([
  ['runs it', () => Response.json(health([{ jobId: command.jobId, attempt: 2 }])), 'accepted'],
  [
    'runs another attempt of it',
    () => Response.json(health([{ jobId: command.jobId, attempt: 1 }])),
    'unreachable',
  ],
  ['does not run it', () => Response.json(health([])), 'unreachable'],
  ['is not there', () => Promise.reject(new Error('Network connection lost.')), 'unreachable'],
  ['does not answer in time', () => Promise.reject(new DOMException('', 'TimeoutError')), 'unknown'],
] as const)('asks after a lost answer: a downloader that %s', async (_name, answer, outcome) => {
  const lost = [
    () => Promise.reject(new Error('Network connection lost.')),
    () => new Response(null, { status: 502 }),
  ];
  for (const jobs of lost) {
    const { downloader } = downloaderOver(routes({ '/jobs': jobs, '/health': answer }));
    expect(await downloader.dispatch('slot-0', command)).toBe(outcome);
  }
});

it('does not know what became of a request that was not answered in time', async () => {
  const timeout = () => Promise.reject(new DOMException('', 'TimeoutError'));
  const { downloader } = downloaderOver(routes({ '/jobs': timeout }));
  expect(await downloader.dispatch('slot-0', command)).toBe('unknown');
});

it('takes a closed port and a missing container as unreachable', async () => {
  const closed = downloaderOver(
    urlTransport(['http://127.0.0.1:1'], { DOWNLOADER_SLOTS: 1 }, (input, init) => fetch(input, init)),
  );
  expect(await closed.downloader.dispatch('slot-0', command)).toBe('unreachable');
  const disabled = downloaderOver(containerTransport(env.DOWNLOADER, env.PAGE_DOWNLOADER));
  expect(await disabled.downloader.dispatch('slot-0', command)).toBe('unreachable');
});

it('cancels as well as it can, and never throws', async () => {
  const { ctx, downloader } = downloaderOver(() => Promise.reject(new Error('gone')));
  await downloader.cancel('slot-0', command.jobId);
  expect(ctx.lines).toEqual([expect.objectContaining({ event: 'downloader.cancel_unheard' })]);
});

it.each([
  ['is no JSON', () => new Response('not json'), 'JSON'],
  ['lacks fields', () => Response.json({ ok: true }), 'invalid'],
  ['refuses', () => Response.json({}, { status: 401 }), 'the downloader answered 401'],
  ['is too long', () => Response.json({ ...health([]), padding: 'x'.repeat(100_000) }), 'too long'],
] as const)('does not believe an answer that %s', async (_name, answer, message) => {
  const { downloader } = downloaderOver(routes({ '/health': answer, '/probe': answer }));
  await expect(downloader.health('slot-0')).rejects.toThrow(message);
  await expect(downloader.probe({ host: 'a.example', port: 443 })).rejects.toThrow(message);
});

it('names the public control URL to a downloader by URL, and the container its own host', () => {
  const PUBLIC_URL = 'https://api.example';
  const byUrl = { PUBLIC_URL, CONTROL_URL: undefined, DOWNLOADER_URL: ['https://dl.example'] };
  const inContainer = { ...byUrl, DOWNLOADER_URL: undefined };
  const withControlUrl = { ...byUrl, CONTROL_URL: 'http://worker:8787' };
  expect(controlUrl(byUrl, 'slot-0')).toBe('https://api.example/internal');
  expect(controlUrl(inContainer, 'slot-0')).toBe('http://control.internal/internal');
  expect(controlUrl(withControlUrl, 'slot-0')).toBe('http://worker:8787/internal');
  for (const config of [byUrl, inContainer, withControlUrl])
    expect(controlUrl(config, memberSlot('rack-1'))).toBe('https://api.example/internal');
});
