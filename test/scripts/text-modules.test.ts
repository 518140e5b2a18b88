import { expect, test } from 'vitest';
import { TEXT_ENDINGS } from '../../scripts/build/text-modules.ts';
import { readCommitted } from '../../scripts/lib/wrangler-toml.ts';

test('deployments, npm start and the tests import the same files as text', () => {
  const { rules } = readCommitted() as unknown as { rules: { type: string; globs: string[] }[] };
  const globs = TEXT_ENDINGS.map((ending) => (ending.startsWith('/') ? `**${ending}` : `**/*${ending}`));
  expect(rules.filter(({ type }) => type === 'Text').flatMap((rule) => rule.globs)).toEqual(globs);
});
