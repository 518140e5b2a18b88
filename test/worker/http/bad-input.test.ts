/** Bodies that no client should send, to calls that read one: each is refused by name, or read in one way only. */
import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { jobs } from '../../../worker/db/tables/jobs.ts';
import { makeApi } from '../support/make-api.ts';

const URL = 'https://a.example.com/a.mp4';
const CALLS = [
  ['POST', '/import'],
  ['PUT', '/storage'],
  ['POST', '/webhooks'],
  ['POST', '/keys'],
  ['POST', '/metadata'],
] as const;

async function send(
  [method, path]: readonly [string, string],
  body: BodyInit,
  contentType = 'application/json',
) {
  const { ctx, workspaceId, apiKey, anonymous } = await makeApi();
  const headers = { Authorization: `Bearer ${apiKey}`, 'Content-Type': contentType };
  const answer = await anonymous(path, { method, headers, body });
  const made = await ctx.db.select().from(jobs).where(eq(jobs.workspaceId, workspaceId));
  return { status: answer.status, body: await answer.json<Record<string, unknown>>(), made };
}

describe.each(CALLS)('%s %s', (...call) => {
  it.each([
    ['a body of 1 MB', `{"url":"${URL}","x":"${'a'.repeat(1_000_000)}"}`],
    ['1 MB in pieces, of unknown length', new Blob(['[', '1,'.repeat(500_000), '1]'])],
  ])('refuses %s', async (_name, body) => {
    const sent = typeof body === 'string' ? body : body.stream();
    const { status, body: answer, made } = await send(call, sent);
    expect([status, answer['code'], made.length]).toEqual([413, 'request_too_large', 0]);
  });

  it.each([
    [
      'objects in objects, 10,000 deep',
      `{"url":"${URL}","tags":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`,
    ],
    ['lists in lists, 30,000 deep', `${'['.repeat(30_000)}${']'.repeat(30_000)}`],
    ['lists that do not end', '['.repeat(60_000)],
    ['a prototype', '{"__proto__":{"url":"https://a.example.com/a.mp4"}}'],
    ['a constructor', '{"constructor":{"prototype":{"url":"x"}}}'],
    ['bytes of UTF-16', new Uint8Array([0x7b, 0, 0x22, 0, 0x75, 0, 0x22, 0, 0x3a, 0, 0x31, 0, 0x7d, 0])],
    ['a character of Latin-1', new Uint8Array([0x7b, 0x22, 0xe9, 0x22, 0x3a, 0x31, 0x7d])],
  ])('refuses %s', async (_name, body) => {
    const { status, body: answer, made } = await send(call, body);
    expect([status, answer['code'], made.length]).toEqual([400, 'invalid_request', 0]);
    expect(answer['fields']).not.toEqual([]);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/json',
  ])('refuses a body of the type %s', async (type) => {
    const { status, body } = await send(call, `{"url":"${URL}"}`, type);
    expect([status, body['code']]).toEqual([400, 'invalid_request']);
  });
});

describe('a file name in another encoding than UTF-8', () => {
  it('is refused instead of changed', async () => {
    const text = `{"url":"${URL}","storageFilename":"caf\u00e9"}`;
    const latin1 = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    const { status, body } = await send(['POST', '/import'], latin1, 'application/json; charset=iso-8859-1');
    expect([status, body['error'], body['field']]).toEqual([400, 'body must be JSON in UTF-8', 'body']);
  });

  it('is read when its bytes are UTF-8', async () => {
    const text = `{"url":"${URL}","storageFilename":"caf\u00e9"}`;
    const { status, made } = await send(['POST', '/import'], text, 'application/json; charset=utf-8');
    expect([status, made[0]?.request.storageFilename]).toEqual([200, 'caf\u00e9']);
  });
});

describe('a member that is sent twice', () => {
  it.each([
    ['http://127.0.0.1/', URL, 200],
    [URL, 'http://127.0.0.1/', 400],
  ])('is checked and used with its last value: %s, then %s', async (first, last, expected) => {
    const { status, made } = await send(['POST', '/import'], `{"url":"${first}","url":"${last}"}`);
    expect([status, made.map(({ request }) => request.url)]).toEqual([
      expected,
      expected === 200 ? [URL] : [],
    ]);
  });
});
