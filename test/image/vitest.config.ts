/** Tests of the container image. They take minutes and need an engine, so `npm test` does not run them. */
import { defineConfig } from 'vitest/config';
import { ROOT } from '../../scripts/lib/paths.ts';

export default defineConfig({
  root: ROOT,
  test: {
    name: 'image',
    include: ['test/image/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 60_000,
    retry: 0,
  },
});
