/** Watches real imports by Server-Sent Events, and waits for them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { file, gateAfter, startHttpSource, type HttpSource } from '../support/http-source.ts';
import { createTestWorkspace, type TestWorkspace } from '../support/stack/workspace.ts';
import { makeWav } from '../support/wav.ts';

const MIB = 1024 * 1024;
let workspace: TestWorkspace;
let source: HttpSource;

beforeAll(async () => {
  source = await startHttpSource();
  workspace = await createTestWorkspace();
});
afterAll(() => source.close());

const authorization = () => ({ Authorization: `Bearer ${workspace.apiKey}` });

test('a stream of events shows a running import until its end', async () => {
  const held = gateAfter(8 * MIB);
  source.serve('/held.wav', file(makeWav(24 * MIB), { gate: held.gate }));
  const jobId = await workspace.api.startImport({ url: source.url('/held.wav') });
  const answer = await fetch(`${workspace.apiUrl}/imports/${jobId}/events`, { headers: authorization() });
  expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  let text = '';
  for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes('"bytesTotal":25')) held.open();
  }
  const events = Array.from(text.matchAll(/^event: (.*)\ndata: (.*)$/gm), ([, event, data]) => ({
    event,
    data: JSON.parse(data!) as Record<string, unknown>,
  }));
  expect(events[0]).toMatchObject({ event: 'snapshot', data: { jobId } });
  expect(events.slice(1, -1).map(({ event }) => event)).toContain('progress');
  expect(events.at(-1)).toMatchObject({ event: 'end', data: { jobId, status: 'completed' } });
  expect(events.at(-1)!.data['fileSizeBytes']).toBe((await workspace.api.status(jobId))['fileSizeBytes']);
});

test('a request that waits is answered with the completed import', async () => {
  source.serve('/small.wav', file(makeWav(6_000)));
  const answer = await fetch(`${workspace.apiUrl}/import`, {
    method: 'POST',
    headers: { ...authorization(), 'Content-Type': 'application/json', Prefer: 'wait=30' },
    body: JSON.stringify({ url: source.url('/small.wav') }),
  });
  expect(answer.headers.get('preference-applied')).toBe('wait=30');
  const { data } = (await answer.json()) as { data: Record<string, unknown> };
  expect(data).toMatchObject({ status: 'completed', title: 'small' });
  expect(data).toEqual(
    await workspace.api.status(String(data['jobId'])).then((now) => ({ ...now, mediaUrl: data['mediaUrl'] })),
  );
});
