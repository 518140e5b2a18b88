import { Ajv } from 'ajv';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { experimental_readRawConfig as readRawConfig } from 'wrangler';
import { z } from 'zod';
import { PAGE_CLASS } from '../../../scripts/deploy/configuration.ts';
import { ROOT } from '../../../scripts/lib/paths.ts';
import { Config } from '../../../worker/config.ts';
import { isDeadLetterQueue } from '../../../worker/doorbell/dead-letters.ts';

const { rawConfig } = readRawConfig({ config: join(ROOT, 'wrangler.toml') });
const named = z.array(z.looseObject({ binding: z.string() })).default([]);
const config = z
  .looseObject({
    vars: z.record(z.string(), z.string()),
    d1_databases: named,
    r2_buckets: named,
    durable_objects: z.object({
      bindings: z.array(z.looseObject({ name: z.string(), class_name: z.string() })),
    }),
    queues: z.object({
      producers: z.array(z.object({ binding: z.string(), queue: z.string() })),
      consumers: z.array(z.looseObject({ queue: z.string(), dead_letter_queue: z.string().optional() })),
    }),
    containers: z.array(z.looseObject({ class_name: z.string(), max_instances: z.number() })),
    analytics_engine_datasets: named,
    ratelimits: z.array(z.looseObject({ name: z.string() })).default([]),
  })
  .parse(rawConfig);

/** The names of bindings that are not optional, read from the source: types are gone when the test runs. */
function declaredBindings(): string[] {
  const source = readFileSync(join(ROOT, 'worker', 'env.ts'), 'utf8');
  const body = /export interface Env \{([^}]*)\}/.exec(source)![1]!;
  return [...body.matchAll(/^\s*([A-Z][A-Z0-9_]*):/gm)].map((match) => match[1]!);
}

describe('wrangler.toml', () => {
  test("is what wrangler's own schema describes", () => {
    const schema = JSON.parse(
      readFileSync(join(ROOT, 'node_modules/wrangler/config-schema.json'), 'utf8'),
    ) as object;
    const ajv = new Ajv({ strict: false, allErrors: true });
    const isValid = ajv.compile(schema);
    expect(isValid(rawConfig) ? [] : isValid.errors).toEqual([]);
    expect(isValid({ ...(rawConfig as object), placment: {} })).toBe(false);
  });

  test('binds what env.ts declares, and nothing else', () => {
    const { d1_databases, r2_buckets, analytics_engine_datasets, queues, durable_objects, ratelimits } =
      config;
    const bound = [...d1_databases, ...r2_buckets, ...analytics_engine_datasets, ...queues.producers].map(
      ({ binding }) => binding,
    );
    const names = [...bound, ...[...durable_objects.bindings, ...ratelimits].map(({ name }) => name)];
    expect(names.sort()).toEqual(declaredBindings().sort());
  });

  test('sets variables that config.ts knows, and no secret', () => {
    const names = Object.keys(config.vars);
    expect(names.filter((name) => !(name in Config.shape))).toEqual([]);
    expect(names.filter((name) => /KEY|SECRET/.test(name))).toEqual([]);
  });

  test('every queue that is read has a dead-letter queue, which this Worker reads too', () => {
    const [dead, read] = [true, false].map((isDead) =>
      config.queues.consumers.filter(({ queue }) => isDeadLetterQueue(queue) === isDead),
    );
    expect(read!.length).toBeGreaterThan(0);
    for (const consumer of read!)
      expect(dead!.map(({ queue }) => queue)).toContain(consumer.dead_letter_queue);
  });

  test('has a container for the class of its binding, with as many instances as the Worker has slots, and none for pages', () => {
    const { DOWNLOADER_SLOTS, PAGE_SLOTS } = Config.shape;
    expect(PAGE_SLOTS.parse(config.vars.PAGE_SLOTS)).toBe(0);
    expect(config.containers.map(({ class_name: name }) => name)).not.toContain(PAGE_CLASS);
    expect(config.durable_objects.bindings.map(({ class_name: name }) => name)).toContain(PAGE_CLASS);
    for (const { class_name: name, max_instances: most } of config.containers) {
      expect(config.durable_objects.bindings.map(({ class_name: bound }) => bound)).toContain(name);
      expect(most).toBe(DOWNLOADER_SLOTS.parse(config.vars.DOWNLOADER_SLOTS));
    }
  });

  test('logs, places and limits the Worker', () => {
    expect(rawConfig).toMatchObject({
      observability: { enabled: true, redact_query_string: true },
      placement: { mode: 'smart' },
      limits: { cpu_ms: 30_000 },
    });
  });
});
