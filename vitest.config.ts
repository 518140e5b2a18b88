import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

const worker = {
  plugins: [
    cloudflareTest(async () => ({
      wrangler: { configPath: './wrangler.toml' },
      miniflare: {
        bindings: {
          TEST_MIGRATIONS: await readD1Migrations('migrations'),
          // Fixed keys of the tests alone; `npm start` makes its own.
          ATTEMPT_TOKEN_KEY: 'dGVzdC1hdHRlbXB0LXRva2VuLWtleS0wMDAwMDAwMDA=',
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
    globalSetup: ['test/support/s3-for-worker-tests.ts'],
    setupFiles: ['test/worker/setup.ts'],
    isolate: false,
    fileParallelism: false,
  },
};

const node = {
  test: {
    name: 'node',
    include: [
      'test/contract/**/*.test.ts',
      'test/stand-ins/**/*.test.ts',
      'test/downloader/**/*.test.ts',
      'test/scripts/**/*.test.ts',
    ],
    testTimeout: 30_000,
  },
};

/** The black box: the whole stack as processes, one file after the other. */
const e2e = {
  test: {
    name: 'e2e',
    include: ['test/e2e/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
};

export default defineConfig({ test: { retry: 0, projects: [worker, node, e2e] } });
