import { describe, expect, it } from 'vitest';
import { expireInstance, forwardRequest } from '../../../worker/container/instance.ts';
import { fakeInstance, HEALTH } from './fake-instance.ts';

/** Short, so that an instance that never answers is found out within the test. */
const limits = { silentAfterMs: 20, healthTimeoutMs: 20 };
const log = { info: () => undefined, error: () => undefined };
const dispatch = { path: '/jobs', init: { method: 'POST' }, limits, log };

describe('forwarding a request', () => {
  it('returns the answer of the instance, and asks for nothing else', async () => {
    const { instance, asked } = fakeInstance({ '/jobs': () => new Response(null, { status: 202 }) });
    expect((await forwardRequest(instance, dispatch)).status).toBe(202);
    expect(asked).toEqual(['/jobs']);
  });

  it('waits on when a slow instance answers for its health', async () => {
    let answer: (response: Response) => void = () => undefined;
    const { instance, destroyed } = fakeInstance({
      '/jobs': () => new Promise<Response>((resolve) => (answer = resolve)),
      '/health': () => {
        answer(new Response(null, { status: 202 }));
        return Response.json(HEALTH);
      },
    });
    expect((await forwardRequest(instance, dispatch)).status).toBe(202);
    expect(destroyed()).toBe(0);
  });

  it('destroys a hung instance and answers 503, which costs the job nothing', async () => {
    const { instance, destroyed, asked } = fakeInstance({ '/jobs': 'hangs', '/health': 'hangs' });
    expect((await forwardRequest(instance, dispatch)).status).toBe(503);
    expect(destroyed()).toBe(1);
    expect(asked).toEqual(['/jobs', '/health']);
  });

  it('destroys an instance that answers its health with an error', async () => {
    const { instance, destroyed } = fakeInstance({
      '/jobs': 'hangs',
      '/health': () => new Response('broken', { status: 500 }),
    });
    expect((await forwardRequest(instance, dispatch)).status).toBe(503);
    expect(destroyed()).toBe(1);
  });

  it('stops an instance that refuses the signature, since it was started with an older key', async () => {
    const { instance, stopped, destroyed } = fakeInstance({
      '/jobs': () => new Response(null, { status: 401 }),
    });
    expect((await forwardRequest(instance, dispatch)).status).toBe(503);
    expect([stopped(), destroyed()]).toEqual([1, 0]);
  });

  it('throws when the instance dies, since the request may have arrived', async () => {
    const { instance, destroyed } = fakeInstance({
      '/jobs': () => Promise.reject(new Error('Network connection lost.')),
    });
    await expect(forwardRequest(instance, dispatch)).rejects.toThrow('Network connection lost.');
    expect(destroyed()).toBe(0);
  });

  it('counts nothing for callers that gave up: an instance with aborted calls stops when it is idle', async () => {
    const { instance, stopped } = fakeInstance({
      '/jobs': () => Promise.reject(new DOMException('The caller gave up.', 'AbortError')),
      '/health': () => Response.json(HEALTH),
    });
    for (let call = 0; call < 3; call++)
      await expect(forwardRequest(instance, dispatch)).rejects.toThrow('The caller gave up.');
    expect(await expireInstance(instance, { limits, log })).toBe('stopped');
    expect(stopped()).toBe(1);
  });
});

describe('an instance without requests', () => {
  const job = { jobId: 'a', attempt: 1 };

  it.each([
    ['busy ones go on', { ...HEALTH, jobs: [job] }, 'busy'],
    ['idle ones are told to stop', HEALTH, 'stopped'],
    ['ones that hand back their jobs go on', { ...HEALTH, draining: true, jobs: [job] }, 'busy'],
    [
      'ones that were told to stop and are still there are destroyed',
      { ...HEALTH, draining: true },
      'destroyed',
    ],
  ] as const)('%s', async (_case, health, outcome) => {
    const { instance, stopped, destroyed } = fakeInstance({ '/health': () => Response.json(health) });
    expect(await expireInstance(instance, { limits, log })).toBe(outcome);
    expect([stopped(), destroyed()]).toEqual([
      outcome === 'stopped' ? 1 : 0,
      outcome === 'destroyed' ? 1 : 0,
    ]);
  });

  it('is destroyed when it hangs', async () => {
    const { instance, destroyed } = fakeInstance({ '/health': 'hangs' });
    expect(await expireInstance(instance, { limits, log })).toBe('destroyed');
    expect(destroyed()).toBe(1);
  });
});
