import { expect, it } from 'vitest';
import { createApp } from '../../../worker/app.ts';
import { createBatch } from '../../../worker/batches/create-batch.ts';
import { makeApi, type TestApi } from '../support/make-api.ts';
import { makeCtx } from '../support/make-ctx.ts';
import type { OpenApiDocument } from '../support/openapi.ts';
import { makeJob } from '../support/rows.ts';
import { makeDestination, makeImported, OFFLINE } from '../transfers/imported.ts';
import { deliveriesOf, makeEndpoint } from '../webhooks/receiver.ts';

/** Paths with a parameter whose routes read nothing of a workspace by it. */
const NOT_BY_WORKSPACE = ['/media/{key}', '/diagnostics/queue/{probeId}'];
/** Calls that make something of the stranger's own under the name. */
const MAKES_ITS_OWN = ['PUT /storage/destinations/{name}'];
const ITEM = { url: 'https://media.example/clip.mp4' };
/** Bodies of calls that need one. */
const BODIES: Record<string, object> = { 'PATCH /webhooks/{id}': { description: 'mine' } };

/** Something of the workspace for each kind of parameter: the start of the path, and a value. */
async function makeThings({ ctx, workspaceId, apiKeyId }: TestApi): Promise<[string, string][]> {
  await makeDestination(ctx, workspaceId, { name: 'theirs' });
  const { row: endpoint } = await makeEndpoint(ctx, workspaceId);
  const { id } = await makeImported(ctx, { workspaceId });
  const ended = { workspaceId, status: 'canceled', finishedAt: ctx.now() } as const;
  const metadata = await makeJob(ctx, { ...ended, kind: 'metadata' });
  const basic = await makeJob(ctx, { ...ended, kind: 'basic_metadata' });
  const [delivery] = await deliveriesOf(ctx, workspaceId);
  const batchId = await createBatch(ctx, { workspaceId, createdBy: null, items: [{ request: ITEM }] });
  return [
    ['/batches/', batchId],
    ['/webhooks/{id}/deliveries/', `${endpoint.id}/deliveries/${delivery!.eventId}`],
    ['/webhooks/', endpoint.id],
    ['/import', id],
    ['/metadata/basic/', basic.id],
    ['/metadata/', metadata.id],
    ['/keys/', apiKeyId],
    ['/storage/destinations/', 'theirs'],
  ];
}

interface Call {
  method: string;
  template: string;
  /** The path with a value from its first parameter to its last. */
  pathFor: (value: string) => string;
}

async function listCalls(): Promise<Call[]> {
  const { paths } = await (await createApp(makeCtx()).request('/openapi.json')).json<OpenApiDocument>();
  return Object.entries(paths).flatMap(([template, operations]) =>
    Object.keys(operations).flatMap((verb) => {
      const method = verb.toUpperCase();
      if (template.endsWith('/status')) {
        return [{ method, template, pathFor: (value: string) => `${template}?id=${value}` }];
      }
      if (!template.includes('{') || NOT_BY_WORKSPACE.includes(template)) return [];
      return [{ method, template, pathFor: (value: string) => template.replace(/\{.+\}/, value) }];
    }),
  );
}

it('answers every ID and name of another workspace like one that does not exist, and changes nothing', async () => {
  const [owner, stranger] = [await makeApi(makeCtx(OFFLINE)), await makeApi(makeCtx(OFFLINE))];
  await makeDestination(stranger.ctx, stranger.workspaceId, { name: 'default' });
  const things = await makeThings(owner);
  const seen = async () =>
    Promise.all(
      ['/imports', '/batches', '/keys', '/storage/destinations', '/webhooks'].map(async (path) =>
        (await owner.call('GET', path)).text(),
      ),
    );
  const before = await seen();
  const calls = (await listCalls()).filter(
    ({ method, template }) => !MAKES_ITS_OWN.includes(`${method} ${template}`),
  );
  expect(calls.length).toBeGreaterThan(10);
  for (const { method, template, pathFor } of calls) {
    const name = `${method} ${template}`;
    const thing = things.find(([start]) => template.startsWith(start));
    if (!thing) throw new Error(`add what ${name} is about to makeThings`);
    const ask = async (value: string) => {
      const answer = await stranger.call(method, pathFor(value), BODIES[name]);
      const { requestId: _differs, ...body } = await answer.json<{ requestId: string }>();
      return { name, status: answer.status, body };
    };
    const foreign = await ask(thing[1]);
    expect(foreign).toMatchObject({ name, status: 404 });
    expect(foreign).toEqual(await ask('nothing'));
  }
  expect(await seen()).toEqual(before);
});
