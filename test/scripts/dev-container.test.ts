import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ROOT } from '../../scripts/lib/paths.ts';
import { writeContainerConfig } from '../../scripts/start/container.ts';
import { workerBindings } from '../../scripts/start/environment.ts';
import { loadSecrets } from '../../scripts/lib/secrets.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'importly-dev-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** `npm run dev` on a machine whose PATH has nothing in it. */
function dev(args: string[], env: Record<string, string> = {}) {
  return spawnSync(process.execPath, [join(ROOT, 'scripts/dev.ts'), ...args], {
    env: { PATH: directory, IMPORTLY_STATE_DIR: directory, ...env },
    encoding: 'utf8',
    timeout: 60_000,
  });
}

describe('npm run dev -- --container', () => {
  test('without an engine says what to do, and starts nothing', { timeout: 60_000 }, () => {
    const { status, stderr } = dev(['--container']);
    expect(stderr.trim()).toBe(
      'No container engine answers (docker: not installed; podman: not installed). Start Docker or Podman, or omit --container to run the downloader as a process.',
    );
    expect(status).toBe(1);
    expect(existsSync(join(directory, 'run.json'))).toBe(false);
  });

  test('refuses another downloader, and an unknown option', { timeout: 120_000 }, () => {
    const both = dev(['--container'], { DOWNLOADER_URL: 'http://127.0.0.1:1' });
    expect([both.status, both.stderr]).toEqual([1, expect.stringContaining('unset DOWNLOADER_URL')]);
    const unknown = dev(['--contaner']);
    expect([unknown.status, unknown.stderr]).toEqual([1, expect.stringContaining('-- --container')]);
  });

  test('gives wrangler a configuration with containers whose paths exist', async () => {
    const path = writeContainerConfig(directory);
    const written = z
      .object({
        main: z.string(),
        d1_databases: z.array(z.object({ migrations_dir: z.string() })),
        containers: z.array(z.object({ image: z.string(), image_build_context: z.string() })),
        dev: z.object({ enable_containers: z.literal(true) }),
      })
      .parse(JSON.parse(await readFile(path, 'utf8')));
    const [{ migrations_dir: migrations }] = written.d1_databases as [{ migrations_dir: string }];
    const [{ image, image_build_context: context }] = written.containers as [
      { image: string; image_build_context: string },
    ];
    const expected = ['worker/index.ts', 'migrations', 'downloader/Dockerfile', '.'];
    expect([written.main, migrations, image, context].map((file) => resolve(directory, file))).toEqual(
      expected.map((file) => join(ROOT, file)),
    );
  });

  test('gives pages a container of their own with PAGE_SLOTS', async () => {
    const path = writeContainerConfig(directory, { PAGE_SLOTS: '2' });
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({
      containers: [
        { class_name: 'DownloaderContainer', max_instances: 1 },
        { class_name: 'PageContainer', max_instances: 2 },
      ],
    });
  });

  test('lets the Worker start its container although its URL is a loopback address', () => {
    const secrets = loadSecrets(directory);
    const bindings = workerBindings({ env: {}, secrets, port: 8787, downloaderUrl: null });
    expect(bindings).toMatchObject({ LOCAL_CONTAINER: 'on' });
    expect(bindings).not.toHaveProperty('DOWNLOADER_URL');
  });
});
