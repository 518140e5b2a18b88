import { describe, expect, it, vi } from 'vitest';
import packageText from '../../../package.json?raw';
import { CODES } from '../../../worker/contract/codes.ts';
import { createApp } from '../../../worker/app.ts';
import { VERSION } from '../../../worker/version.ts';
import { makeApi } from '../support/make-api.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { checkAnswers, type OpenApiDocument } from '../support/openapi.ts';

async function readDocument(): Promise<OpenApiDocument> {
  return (await createApp(makeCtx()).request('/openapi.json')).json();
}

describe('/openapi.json', () => {
  it('describes the public routes and no internal ones', async () => {
    const document = await readDocument();
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths).sort()).toEqual([
      '/batches',
      '/batches/{id}',
      '/batches/{id}/cancel',
      '/batches/{id}/items',
      '/batches/{id}/retry',
      '/diagnostics',
      '/diagnostics/queue/{probeId}',
      '/health',
      '/import',
      '/import/status',
      '/imports',
      '/imports/{id}',
      '/imports/{id}/events',
      '/imports/{id}/file',
      '/imports/{id}/record',
      '/imports/{id}/retry',
      '/imports/{id}/store',
      '/keys',
      '/keys/{id}',
      '/keys/{id}/rotate',
      '/media/{key}',
      '/metadata',
      '/metadata/basic',
      '/metadata/basic/status',
      '/metadata/basic/{id}',
      '/metadata/basic/{id}/record',
      '/metadata/status',
      '/metadata/{id}',
      '/metadata/{id}/record',
      '/sites',
      '/storage',
      '/storage/destinations',
      '/storage/destinations/{name}',
      '/storage/destinations/{name}/test',
      '/storage/migrate',
      '/storage/test',
      '/usage',
      '/webhooks',
      '/webhooks/{id}',
      '/webhooks/{id}/deliveries',
      '/webhooks/{id}/deliveries/{deliveryId}',
      '/webhooks/{id}/deliveries/{deliveryId}/replay',
      '/webhooks/{id}/replay',
      '/webhooks/{id}/rotate-secret',
      '/webhooks/{id}/test',
    ]);
    expect(Object.keys(document.webhooks)).toEqual(['/event']);
    expect(JSON.stringify(document)).not.toContain('/internal');
  });

  it('is rendered only once', async () => {
    const app = createApp(makeCtx());
    const render = vi.spyOn(app, 'getOpenAPI31Document');
    const first = await app.request('/openapi.json');
    const second = await app.request('/openapi.json');
    expect(first.headers.get('Content-Type')).toBe('application/json');
    expect(await second.text()).toBe(await first.text());
    expect(render).toHaveBeenCalledTimes(1);
  });

  it('documents the answer to an invalid key for every operation that requires a key', async () => {
    const { paths } = await readDocument();
    const operations = Object.values(paths).flatMap((path) => Object.values(path));
    const guarded = operations.filter((operation) => 'security' in operation);
    expect(operations.length - guarded.length).toBe(2);
    for (const { responses } of guarded) {
      expect(responses['401']).toMatchObject({
        description: expect.stringContaining(CODES.unauthorized.message),
      });
      expect(responses['500']).toBeDefined();
    }
  });
});

it('documents the headers about rates for every answer to an accepted key', async () => {
  const { paths } = await readDocument();
  const operations = Object.values(paths).flatMap((path) => Object.values(path));
  for (const operation of operations) {
    for (const [status, answer] of Object.entries(operation.responses)) {
      const { headers = {} } = answer as { headers?: object };
      const isCounted = 'security' in operation && status !== '401';
      expect('X-RateLimit-Remaining' in headers).toBe(isCounted);
      expect('Retry-After' in headers).toBe(status === '429' || status === '503');
    }
  }
});

describe('the words of /openapi.json', () => {
  it('give each operation a summary and one of the listed tags', async () => {
    const { paths, webhooks, tags } = await readDocument();
    const names = tags.map(({ name }) => name);
    for (const path of Object.values({ ...paths, ...webhooks })) {
      for (const operation of Object.values(path)) {
        expect(operation.summary).toMatch(/^[A-Z].{5,}[^.]$/);
        expect(operation.tags).toHaveLength(1);
        expect(names).toContain(operation.tags[0]);
      }
    }
  });

  it('describe each parameter and each field', async () => {
    const document = await readDocument();
    expect(undescribedFields(document)).toEqual([]);
  });
});

/** Where a field or a parameter has no description. Components describe what refers to them. */
function undescribedFields(part: unknown, path = ''): string[] {
  if (typeof part !== 'object' || part === null) return [];
  const { properties, parameters = [] } = part as {
    properties?: Record<string, { description?: string; $ref?: string }>;
    parameters?: { name: string; description?: string }[];
  };
  const own = [
    ...Object.entries(properties ?? {}).filter(([name, { description, $ref }]) => {
      // The envelope, and the members of a map whose keys are known.
      const isDescribedAbove = name === 'data' || path.endsWith('/failures');
      return description === undefined && $ref === undefined && !isDescribedAbove;
    }),
    ...(Array.isArray(parameters) ? parameters : [])
      .filter(({ description }) => description === undefined)
      .map(({ name }) => [name]),
  ].map(([name]) => `${path}/${name}`);
  return [
    ...own,
    ...Object.entries(part).flatMap(([name, child]) => undescribedFields(child, `${path}/${name}`)),
  ];
}

describe('the check of answers', () => {
  const headers = { 'X-Request-Id': 'r' };
  const check = async (response: Response, path = '/health') =>
    checkAnswers(await readDocument(), async () => response)(path);

  it('accepts a documented answer', async () => {
    const { call } = await makeApi();
    expect((await call('GET', '/health')).status).toBe(200);
  });

  it.each<[string, Response, RegExp]>([
    ['a missing member', Response.json({ ok: true }, { headers }), /version/],
    ['an additional member', Response.json({ ok: true, version: '1', a: 1 }, { headers }), /additional/],
    ['a wrong type', Response.json({ ok: 1, version: '1' }, { headers }), /\/ok/],
    ['an undocumented status', Response.json({}, { status: 418, headers }), /not documented/],
    ['an undocumented content type', new Response('x', { headers }), /text\/plain is not documented/],
    ['no request id', Response.json({ ok: true, version: '1' }), /X-Request-Id/],
  ])('rejects %s', async (_name, response, problem) => {
    await expect(check(response)).rejects.toThrow(problem);
  });

  it('rejects an error of another shape on an undocumented path', async () => {
    await expect(check(Response.json({ error: 'x' }, { status: 500, headers }), '/nowhere')).rejects.toThrow(
      /required/,
    );
  });
});

it('has the version of the package', () => {
  expect(VERSION).toBe((JSON.parse(packageText) as { version: string }).version);
});
