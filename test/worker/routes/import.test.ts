import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { jobs } from '../../../worker/db/tables/jobs.ts';
import { makeApi } from '../support/make-api.ts';
import { makeCtx } from '../support/make-ctx.ts';

const VIDEO = { url: 'https://media.example.com/clip.mp4' };

describe('POST /import', () => {
  it("queues an import and answers in Importly's shape", async () => {
    const { ctx, workspaceId, call } = await makeApi();
    const request = { ...VIDEO, store: true, storagePath: 'videos/2024', storageFilename: 'my-video' };
    const answer = await call('POST', '/import', request);
    const body = await answer.json<{ data: { jobId: string } }>();
    expect(answer.status).toBe(200);
    expect(body).toEqual({
      success: true,
      data: { jobId: expect.any(String), status: 'queued', message: 'Import request queued.' },
    });
    const [job] = await ctx.db.select().from(jobs).where(eq(jobs.id, body.data.jobId));
    expect(job).toMatchObject({ workspaceId, status: 'queued', request });
    expect(ctx.rings).toEqual([0]);
  });

  it('stores the URL in normal form, so that no other parser finds another host in it', async () => {
    const { ctx, workspaceId, call } = await makeApi();
    await call('POST', '/import', { url: 'https:\\\\MEDIA.example.com\\a b.mp4\n' });
    const [job] = await ctx.db.select().from(jobs).where(eq(jobs.workspaceId, workspaceId));
    expect(job?.request.url).toBe('https://media.example.com/a%20b.mp4');
  });

  it.each(['webhookUrl', 'webhook_url'])('keeps the URL of %s, in normal form', async (name) => {
    const { ctx, workspaceId, call } = await makeApi();
    const answer = await call('POST', '/import', {
      ...VIDEO,
      [name]: 'https://APP.example.com/a b\r\n?k=1#top',
    });
    expect(await answer.json()).toMatchObject({
      data: { message: "Import request queued. You will receive a webhook when it's complete." },
    });
    const [job] = await ctx.db.select().from(jobs).where(eq(jobs.workspaceId, workspaceId));
    expect(job?.request).toEqual({ ...VIDEO, webhookUrl: 'https://app.example.com/a%20b?k=1' });
  });

  it('accepts a private webhook that the operator allows, also over plain http', async () => {
    const ctx = makeCtx();
    ctx.config = { ...ctx.config, EGRESS_ALLOW: 'webhook:127.0.0.1:9000' };
    const { call } = await makeApi(ctx);
    const statusOf = async (webhookUrl: string) =>
      (await call('POST', '/import', { ...VIDEO, webhookUrl })).status;
    expect(await statusOf('http://127.0.0.1:9000/hook')).toBe(200);
    expect(await statusOf('http://127.0.0.1:9001/hook')).toBe(400);
  });

  it('accepts a private source that the operator allows', async () => {
    const ctx = makeCtx();
    ctx.config = { ...ctx.config, EGRESS_ALLOW: 'source:127.0.0.1:9000' };
    const { call } = await makeApi(ctx);
    expect((await call('POST', '/import', { url: 'http://127.0.0.1:9000/a.mp4' })).status).toBe(200);
    expect((await call('POST', '/import', { url: 'http://127.0.0.1:9001/a.mp4' })).status).toBe(400);
  });
});

describe('what POST /import refuses', () => {
  const sent = (body: string | undefined, headers: Record<string, string> = {}) =>
    ({ body, headers: { 'Content-Type': 'application/json', ...headers } }) as const;
  const json = (value: unknown) => sent(JSON.stringify(value));

  it.each([
    ['no body', { headers: {} }, 'url', 'url is missing'],
    ['an empty body', sent(''), 'body', 'body is not well-formed JSON'],
    ['malformed JSON', sent('{"url": '), 'body', 'body is not well-formed JSON'],
    ['a list', json([VIDEO]), 'body', 'body must be an object'],
    [
      'a wrong content type',
      sent(JSON.stringify(VIDEO), { 'Content-Type': 'text/plain' }),
      'Content-Type',
      'Content-Type must be application/json',
    ],
    [
      'what curl sends without a header',
      sent(JSON.stringify(VIDEO), { 'Content-Type': 'application/x-www-form-urlencoded' }),
      'Content-Type',
      'Content-Type must be application/json',
    ],
    ['no url', json({ store: true }), 'url', 'url is missing'],
    ['a url that is no string', json({ url: 7 }), 'url', 'url must be a string'],
    ['an empty url', json({ url: '' }), 'url', 'url must not be empty'],
    [
      'neither video nor audio',
      json({ ...VIDEO, includeVideo: false, includeAudio: false }),
      'includeAudio',
      'includeAudio: nothing is left when includeVideo and includeAudio are false',
    ],
    ['a bare word', json({ url: 'ytsearch:cats' }), 'url', 'url must be an http or https URL'],
    ['a file', json({ url: 'file:///etc/passwd' }), 'url', 'url must be an http or https URL'],
    ['another scheme', json({ url: 'ftp://a.example.com/a.mp4' }), 'url', 'url must be an http or https URL'],
    [
      'credentials in the url',
      json({ url: 'https://me:secret@a.example.com/a.mp4' }),
      'url',
      'url must not contain a user name or password',
    ],
    [
      'a url of more than 2,048 characters',
      json({ url: `https://a.example.com/${'a'.repeat(2048)}` }),
      'url',
      'url must not be longer than 2048 characters',
    ],
    [
      'a mistyped field',
      json({ ...VIDEO, storagepath: 'a' }),
      'storagepath',
      'storagepath: unknown field; did you mean storagePath?',
    ],
    ['a field of nowhere', json({ ...VIDEO, colour: 1 }), 'colour', 'colour: unknown field'],
    [
      'a prototype',
      sent('{"url":"https://a.example.com/a","__proto__":{"a":1}}'),
      '__proto__',
      /unknown field/,
    ],
    [
      'a webhook over plain http',
      json({ ...VIDEO, webhook_url: 'http://a.example.com/' }),
      'webhook_url',
      'webhook_url must be an https URL',
    ],
    [
      'a webhook with a password',
      json({ ...VIDEO, webhookUrl: 'https://me:secret@a.example.com/' }),
      'webhookUrl',
      'webhookUrl must not contain a user name or password',
    ],
    [
      'two webhooks',
      json({ ...VIDEO, webhookUrl: 'https://a.example.com/', webhook_url: 'https://b.example.com/' }),
      'webhook_url',
      'webhook_url must have the value of webhookUrl, or be omitted',
    ],
    ['a flag that is a word', json({ ...VIDEO, store: 'yes' }), 'store', 'store must be true or false'],
    ['a path that climbs', json({ ...VIDEO, storagePath: 'a/../b' }), 'storagePath', /"\.\."/],
    ['a path that climbs encoded', json({ ...VIDEO, storagePath: '%252e%252e/b' }), 'storagePath', /"\.\."/],
  ])('%s', async (_name, init, field, message) => {
    const { ctx, workspaceId, apiKey, anonymous } = await makeApi();
    const headers = { ...init.headers, Authorization: `Bearer ${apiKey}` };
    const answer = await anonymous('/import', { method: 'POST', ...init, headers } as RequestInit);
    const body = await answer.json<Record<string, unknown>>();
    expect(answer.status).toBe(400);
    expect(body).toEqual({
      success: false,
      error: expect.stringMatching(message),
      code: 'invalid_request',
      retryable: false,
      hint: 'Correct the fields that the error names, and send the request again.',
      requestId: answer.headers.get('X-Request-Id'),
      field,
      fields: [{ field, message: body['error'] }],
    });
    expect(await ctx.db.$count(jobs, eq(jobs.workspaceId, workspaceId))).toBe(0);
  });

  it('names all wrong fields of a request', async () => {
    const { call } = await makeApi();
    const answer = await call('POST', '/import', { url: 'x', stor: true, storagePath: 1 });
    const { fields } = await answer.json<{ fields: { field: string }[] }>();
    expect(fields.map(({ field }) => field)).toEqual(['url', 'storagePath', 'stor']);
  });

  it.each([
    'http://127.0.0.1/a.mp4',
    'http://127.1/a.mp4',
    'http://2130706433/a.mp4',
    'http://0x7f000001/a.mp4',
    'http://0x7f.1/a.mp4',
    'http://0177.0.0.1/a.mp4',
    'http://①②⑦.⓪.⓪.①/a.mp4',
    'http://[::1]/a.mp4',
    'http://[::ffff:127.0.0.1]/a.mp4',
    'http://[::ffff:a9fe:a9fe]/latest/meta-data',
    'http://[64:ff9b::7f00:1]/a.mp4',
    'http://[2002:7f00:1::]/a.mp4',
    'http://[fd00::1]/a.mp4',
    'http://0.0.0.0/a.mp4',
    'http://10.0.0.8/a.mp4',
    'http://172.16.0.1/a.mp4',
    'http://192.168.1.1/a.mp4',
    'http://169.254.169.254/latest/meta-data',
    'http://100.64.0.1/a.mp4',
    'http://localhost/a.mp4',
    'http://LOCALHOST./a.mp4',
    'http://a.localhost/a.mp4',
    'http://metadata.google.internal/a.mp4',
    'http://router/a.mp4',
    'http://media.example.com:22/a.mp4',
  ])('refuses the private address %s', async (url) => {
    const { ctx, workspaceId, call } = await makeApi();
    const answer = await call('POST', '/import', { url });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'source_address_forbidden', field: 'url' });
    expect(await ctx.db.$count(jobs, eq(jobs.workspaceId, workspaceId))).toBe(0);
  });

  it('refuses a webhook on a private address', async () => {
    const { ctx, workspaceId, call } = await makeApi();
    const answer = await call('POST', '/import', { ...VIDEO, webhookUrl: 'https://169.254.169.254/latest' });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'webhook_address_forbidden', field: 'webhookUrl' });
    expect(await ctx.db.$count(jobs, eq(jobs.workspaceId, workspaceId))).toBe(0);
  });

  it('refuses an endless body without reading it to the end', async () => {
    const { call } = await makeApi();
    const answer = await call('POST', '/import', { ...VIDEO, storagePath: 'x'.repeat(70_000) });
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ code: 'request_too_large', retryable: false });
  });
});
