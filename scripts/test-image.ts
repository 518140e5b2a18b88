/** `npm run test:image`: builds the image of the downloader with Docker or Podman, and runs the tests of its containers. */
import { runTests } from './test/run-tests.ts';

const passed = await runTests(['--config', 'test/image/vitest.config.ts', ...process.argv.slice(2)]);
process.exitCode = passed ? 0 : 1;
