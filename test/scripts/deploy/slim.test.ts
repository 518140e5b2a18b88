import * as zod from 'zod';
import { expect, test } from 'vitest';
import * as providers from '@better-auth/core/social-providers';

/** Typed loosely: the files are JavaScript for the bundle alone. */
const load = (name: string) =>
  import(new URL(`../../../scripts/build/slim/${name}.js`, import.meta.url).href) as Promise<
    Record<string, unknown>
  >;
const names = (module: object, without: string[] = []) =>
  Object.keys(module)
    .filter((name) => !without.includes(name))
    .toSorted();

test('the zod of the bundle has everything that zod exports, but no languages', async () => {
  const slim = await load('zod');
  expect(names(slim)).toEqual(names(zod, ['locales']));
  expect(names(slim['core'] as object)).toEqual(names(zod.core, ['locales']));
  const schema = (slim as unknown as typeof zod).z.strictObject({ size: zod.number() });
  expect(schema.safeParse({ size: 'large' }).error?.issues[0]?.message).toContain('expected number');
});

test('the list of providers of the bundle has the names that better-auth imports, and no provider', async () => {
  const slim = await load('social-providers');
  expect(slim['socialProviders']).toEqual({});
  expect(names(providers)).toEqual(expect.arrayContaining(names(slim)));
});
