import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { SOURCES } from '../../scripts/deploy/fingerprint.ts';
import { ROOT } from '../../scripts/lib/paths.ts';
import { findPython } from '../../scripts/tools/pip-install.ts';
import { PUBLIC_KEY_BASE64 } from '../downloader/dispatcher.ts';
import { buildStage, copyContext, parseDockerfile, variables } from '../support/plain-build.ts';

const { args, stages } = parseDockerfile(await readFile(join(ROOT, 'downloader/Dockerfile'), 'utf8'));
const python = await findPython();

async function pinned(file: string, name: string): Promise<string> {
  const text = await readFile(join(ROOT, file), 'utf8');
  return new RegExp(`^${name}==(\\S+)`, 'm').exec(text)![1]!;
}

describe('the Dockerfile of the downloader', () => {
  test('has the same base image as the Dockerfile of the Worker', async () => {
    const worker = parseDockerfile(await readFile(join(ROOT, 'worker/Dockerfile'), 'utf8'));
    expect(worker.args).toEqual(args);
    expect(worker.stages.map(({ image }) => image)).toEqual(['${NODE_IMAGE}']);
  });

  test('copies only files whose change is deployed', async () => {
    const lines = (await readFile(join(ROOT, '.dockerignore'), 'utf8')).split('\n');
    const sent = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    const isDeployed = (path: string) => SOURCES.some((source) => `${path}/`.startsWith(`${source}/`));
    expect(sent.filter((path) => !isDeployed(path))).toEqual([]);
  });

  test('begins every stage with one image, by digest, of the Node version in package.json', async () => {
    const manifest = z.object({ devDependencies: z.object({ node: z.string() }) });
    const { node } = manifest.parse(
      JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')),
    ).devDependencies;
    expect(args).toHaveLength(1);
    expect(args[0]!.text).toMatch(new RegExp(`^NODE_IMAGE=node:${node}-trixie-slim@sha256:[0-9a-f]{64}$`));
    expect(stages.map(({ image }) => image)).toEqual(stages.map(() => '${NODE_IMAGE}'));
  });
});

describe.skipIf(process.platform !== 'linux' || !python?.hasPip)('the steps of the image', () => {
  let base = '';
  const roots: Record<string, string> = {};

  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), 'importly-image-'));
    const context = join(base, 'context');
    await copyContext(context);
    for (const { name } of stages) roots[name] = join(base, name);
    // CI installs the packages of package-lock.json itself; the build finds them where npm ci leaves them.
    await mkdir(join(roots['bundle']!, 'app'), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(roots['bundle']!, 'app', 'node_modules'));
    const path = [dirname(process.execPath), dirname(python!.executable), process.env['PATH']].join(
      delimiter,
    );
    for (const stage of stages)
      await buildStage(stage, { context, roots, path, skip: /^(?:apt-get|npm ci)\b/ });
  }, 240_000);
  afterAll(() => rm(base, { recursive: true, force: true }));

  test('make a downloader that starts and finds the pinned tools', { timeout: 60_000 }, async () => {
    const root = roots['final']!;
    const final = stages.at(-1)!;
    const env = variables(final, root);
    const [command, ...flags] = z
      .array(z.string())
      .parse(JSON.parse(final.instructions.find(({ name }) => name === 'CMD')!.text));
    expect(command).toBe('node');
    const child = fork(join(root, 'app', flags.pop()!), [], {
      cwd: join(root, 'app'),
      execArgv: flags,
      env: {
        ...env,
        PORT: '0',
        HOST: '127.0.0.1',
        PYTHON: python!.executable,
        DISPATCH_PUBLIC_KEY: PUBLIC_KEY_BASE64,
      },
    });
    try {
      const [{ port }] = (await once(child, 'message')) as [{ port: number }];
      const answer = z
        .looseObject({ versions: z.looseObject({}) })
        .parse(await (await fetch(`http://127.0.0.1:${port}/health`)).json());
      expect(answer.versions).toMatchObject({
        ytdlp: await pinned('downloader/requirements.txt', 'yt-dlp'),
        ffmpeg: expect.any(String) as string,
      });
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });
});
