import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../../../worker/app.ts';
import { exampleOf } from '../../../../worker/site/docs/api/examples.ts';
import { limitsOf, typeOf, valuesOf } from '../../../../worker/site/docs/api/field-types.ts';
import { toField } from '../../../../worker/site/docs/api/fields.ts';
import type { OpenApiDocument, Schema } from '../../../../worker/site/docs/api/openapi-document.ts';
import { toReference } from '../../../../worker/site/docs/api/reference.ts';
import { makeCtx } from '../../support/make-ctx.ts';

const ctx = makeCtx();
const app = createApp(ctx);
let document: OpenApiDocument;
beforeAll(async () => {
  document = await (await app.request('/openapi.json')).json();
});

const read = async (path: string) => (await app.request(path)).text();
const operationsIn = (paths: OpenApiDocument['paths']) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );

describe('the reference', () => {
  test('shows every operation once, with its scope, its errors and a command', () => {
    const shown = toReference(document).flatMap(({ operations }) => operations);
    const all = operationsIn(document.paths);
    expect(
      shown
        .filter(({ curl }) => curl)
        .map(({ method, path }) => `${method} ${path}`)
        .toSorted(),
    ).toEqual(all.map(({ method, path }) => `${method} ${path}`).toSorted());
    for (const { method, path, operation } of all) {
      const view = shown.find((view) => view.method === method && view.path === path)!;
      expect(view.scope).toBe(operation.security?.[0]?.['apiKey']?.[0]);
      expect(view.curl).toContain(`${ctx.config.PUBLIC_URL}/`);
      expect(view.curl?.includes('Authorization')).toBe(operation.security !== undefined);
      const codes = Object.entries(operation.responses).flatMap(
        ([status, { content }]) =>
          (status >= '4' && content?.['application/json']?.schema?.properties?.['code']?.enum) || [],
      );
      expect(view.errors.map(({ code }) => code)).toEqual(codes);
      expect(view.errors.every(({ message }) => message !== '')).toBe(true);
    }
  });

  test('has a page for each tag that names each field of its operations', async () => {
    const page = await read('/docs/api/api-keys');
    for (const name of [
      'overlapSeconds',
      'allowedAddresses',
      'importsPerHour',
      'revokedAt',
      'Idempotency-Key',
    ])
      expect(page).toContain(`<code class="field-name">${name}</code>`);
    expect(page).toContain('Scope <code>admin</code>');
    expect(page).toContain('href="/docs/troubleshooting#key_not_found"');
    expect(page).toContain(`&quot;${ctx.config.PUBLIC_URL}/keys/$ID&quot;`);
  });

  test('describes what all answers have in common on one page', async () => {
    const page = await read('/docs/api');
    for (const name of ['requestId', 'retryable', 'X-RateLimit-Remaining', 'Retry-After'])
      expect(page).toContain(`<code class="field-name">${name}</code>`);
    expect(page).toContain('href="/docs/api/imports#post-import"');
  });

  test('has examples that are valid', () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats.default(ajv);
    ajv.addSchema(document, 'api');
    for (const { method, path, operation } of operationsIn(document.paths)) {
      const at = ['paths', path, method.toLowerCase()];
      const parts: [string[], Schema | undefined][] = [
        [[...at, 'requestBody'], operation.requestBody?.content['application/json']?.schema],
        ...Object.entries(operation.responses).map(
          ([status, { content }]): [string[], Schema | undefined] => [
            [...at, 'responses', status],
            content?.['application/json']?.schema,
          ],
        ),
      ];
      for (const [place, schema] of parts) {
        if (!schema) continue;
        const pointer = [...place, 'content', 'application/json', 'schema'].map(escapePointer).join('/');
        const validate = ajv.compile({ $ref: `api#/${pointer}` });
        validate(exampleOf(document, schema));
        expect({ place, errors: validate.errors }).toEqual({ place, errors: null });
      }
    }
  });
});

const escapePointer = (part: string) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));

describe('a field', () => {
  const words = (schema: Schema) =>
    typeOf(schema)
      .map(({ text }) => text)
      .join('');

  test.each<[Schema, string]>([
    [{ type: 'string', format: 'uuid' }, 'UUID'],
    [{ type: ['string', 'null'], format: 'date-time' }, 'time or null'],
    [{ type: 'array', items: { $ref: '#/components/schemas/Batch' } }, 'array of Batch'],
    [
      { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
      'string or array of string',
    ],
    [{ anyOf: [{ type: 'string' }, { type: 'string', enum: ['a', 'b'] }] }, 'string'],
    [{ type: 'object', additionalProperties: { type: 'integer' } }, 'map of integer'],
    [{ type: 'string', enum: ['queued'] }, '"queued"'],
    [{}, 'any value'],
  ])('%j is of the type %s', (schema, text) => expect(words(schema)).toBe(text));

  test.each<[Schema, string[]]>([
    [{ type: 'string', minLength: 1, maxLength: 2048 }, ['at most 2,048 characters']],
    [{ type: 'integer', minimum: 1, maximum: 100 }, ['1 to 100']],
    [{ type: 'integer', minimum: -9007199254740991, maximum: 9007199254740991 }, []],
    [{ type: 'array', minItems: 2 }, ['at least 2 items']],
    [{ type: 'integer', default: 20 }, ['default 20']],
    [{ type: 'integer', default: 20, description: 'Default: 20.' }, []],
  ])('%j has the limits %j', (schema, limits) => expect(limitsOf(schema)).toEqual(limits));

  test('lists the values of its elements and of its forms, each once', () => {
    const list = { type: 'string', enum: ['a', 'b'] };
    expect(valuesOf({ anyOf: [list, { type: 'array', items: list }] })).toEqual(['a', 'b']);
    expect(valuesOf({ type: ['string', 'null'], enum: ['a', 'b', null] })).toEqual(['a', 'b']);
  });

  test('has the fields of the objects inside it, but not those of components', () => {
    const schema: Schema = {
      type: 'array',
      items: {
        type: 'object',
        required: ['a'],
        properties: { a: { type: 'string' }, b: { $ref: '#/components/schemas/Batch' } },
      },
    };
    const field = toField(document, 'list', schema, true);
    expect(field.fields.map(({ name, isRequired, fields }) => [name, isRequired, fields.length])).toEqual([
      ['a', true, 0],
      ['b', false, 0],
    ]);
    expect(field.fields[1]?.description).toBe(document.components.schemas['Batch']?.description);
  });

  test('whose members are all error codes is a map', () => {
    const { properties } = document.components.schemas['UsageRow']!;
    const failures = toField(document, 'failures', properties!['failures']!, true);
    expect([failures.type.map(({ text }) => text).join(''), failures.fields]).toEqual(['map of integer', []]);
  });
});
