import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { textModulesInVite } from './scripts/build/text-modules.ts';

const worker = {
  plugins: [
    textModulesInVite(),
    cloudflareTest(async () => ({
      wrangler: { configPath: './wrangler.toml' },
      miniflare: {
        // wrangler.toml does not bind it: `npm run deploy -- --analytics DATASET` does.
        analyticsEngineDatasets: { ANALYTICS: { dataset: 'test' } },
        // A second database for the tests of several; the others have one, as in wrangler.toml.
        d1Databases: { SECOND_DB: 'second' },
        bindings: {
          TEST_MIGRATIONS: await readD1Migrations('migrations'),
          // Fixed keys for tests only; `npm start` creates its own.
          ATTEMPT_TOKEN_KEY: 'dGVzdC1hdHRlbXB0LXRva2VuLWtleS0wMDAwMDAwMDA=',
          AUTH_SECRET: 'dGVzdC1hdXRoLXNlY3JldC0zMi1ieXRlcy0wMDAwMDA=',
          CREDENTIAL_KEYS: 'test:dGVzdC1jcmVkZW50aWFsLWtleS0zMi1ieXRlcy0wMDA=',
          DISPATCH_PRIVATE_KEY: 'MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f',
          DOWNLOADER_URL: 'http://127.0.0.1:1',
        },
      },
    })),
  ],
  test: {
    name: 'worker',
    include: ['test/worker/**/*.test.ts'],
    globalSetup: ['test/support/s3-servers/s3-for-worker-tests.ts'],
    setupFiles: ['test/worker/setup.ts'],
    // Files share a workerd, since starting one takes a second.
    isolate: false,
    testTimeout: 30_000,
    maxWorkers: 2,
    sequence: { groupOrder: 0 },
  },
};

const node = {
  test: {
    name: 'node',
    include: [
      'test/contract/**/*.test.ts',
      'test/stand-ins/**/*.test.ts',
      'test/downloader/**/*.test.ts',
      'test/fuzz/**/*.test.ts',
      'test/scripts/**/*.test.ts',
    ],
    testTimeout: 30_000,
    maxWorkers: 2,
    sequence: { groupOrder: 1 },
  },
};

/** The whole stack as processes. The tests mostly wait for it, so two files run at once. */
const e2e = {
  test: {
    name: 'e2e',
    include: ['e2e', 'browser', 'hostile', 'fuzz-api', 'chaos'].map(
      (folder) => `test/${folder}/**/*.test.ts`,
    ),
    globalSetup: ['test/support/stack/shared-stack.ts'],
    maxWorkers: 2,
    sequence: { groupOrder: 2 },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
};

export default defineConfig({ test: { retry: 0, projects: [worker, node, e2e] } });
