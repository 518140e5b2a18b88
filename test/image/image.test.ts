import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { HealthAnswer } from '../../worker/contract/downloader/command.ts';
import { ROOT } from '../../scripts/lib/paths.ts';
import { dispatch } from '../downloader/dispatcher.ts';
import { LARGE, MIB } from '../downloader/jobs/one-job.ts';
import { startWorkerStandIn } from '../downloader/jobs/worker-stand-in.ts';
import { file, gateAfter, startHttpSource } from '../support/http-source.ts';
import { copyMediaFolder } from '../support/media-files.ts';
import { mediaTools } from '../support/media-tools.ts';
import { startPageServer, type PageServer } from '../support/page-server.ts';
import {
  buildImage,
  CAPABILITIES,
  engine,
  imageSizeBytes,
  startContainer,
  type Container,
} from './containers.ts';

/** A filter of system calls that refuses user namespaces, as Docker's default does. */
const NO_NAMESPACES = join(import.meta.dirname, 'no-namespaces.json');

const cleanUps: (() => Promise<void>)[] = [];
const tools = await mediaTools();

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

async function start(flags: string[] = [], capabilities?: readonly string[]): Promise<Container> {
  const container = await startContainer(flags, capabilities);
  cleanUps.push(container.remove);
  return container;
}

/** A page without an end, until so many MiB are sent. */
function largePage(mebibytes: number): RequestListener {
  const body = Buffer.alloc(MIB, 'x');
  return (_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).write('<html><title>A page</title>');
    Readable.from(Array.from({ length: mebibytes }, () => body)).pipe(response);
  };
}

/** Sends one job for the URL and returns the Worker that it reports to. */
async function importUrl({ base }: Container, url: string) {
  const worker = await startWorkerStandIn();
  cleanUps.push(worker.close);
  const body = JSON.stringify(worker.command(url));
  expect((await dispatch(base, { method: 'POST', path: '/jobs', body })).status).toBe(202);
  return worker;
}

describe.skipIf(engine === null || !tools.ffmpeg)('the image of the downloader', () => {
  let folder = '';
  let site: PageServer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'importly-image-'));
    await copyMediaFolder(tools.ffmpeg!, 'dash', folder);
    site = await startPageServer(folder);
    await buildImage();
  }, 900_000);
  afterAll(async () => {
    await site?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('has less than 600 MB of layers', async () => {
    const sizeBytes = await imageSizeBytes();
    console.log(`image: ${Math.round(sizeBytes / 1e6)} MB`);
    expect(sizeBytes).toBeLessThan(600e6);
  });

  test('runs read-only as node, finds the pinned tools, and confines them, each job as its own user', async () => {
    const { base, exec } = await start();
    const { versions, confinement } = HealthAnswer.parse(await (await fetch(`${base}/health`)).json());
    expect(confinement).toEqual({ level: 'full', ownUsers: true, reason: null });
    const pins = await readFile(join(ROOT, 'downloader/requirements.txt'), 'utf8');
    expect(pins).toContain(`yt-dlp==${versions.ytdlp} `);
    expect(versions.ffmpeg).toBe(tools.versions.ffmpeg);
    const status = await exec('grep', '-E', '^(Uid|CapEff|NoNewPrivs):', '/proc/1/status');
    expect(status.replaceAll('\t', ' ')).toBe(
      'Uid: 1000 1000 1000 1000\nCapEff: 00000000000000eb\nNoNewPrivs: 1',
    );
    await expect(exec('touch', '/written')).rejects.toThrow('Read-only');
  });

  test.each<[string, string[], readonly string[], object]>([
    ['as node without capabilities', ['--user', 'node'], [], { level: 'full', ownUsers: false }],
    ['as root without capabilities', [], [], { level: 'none', ownUsers: false }],
    [
      'where namespaces are refused',
      ['--security-opt', `seccomp=${NO_NAMESPACES}`],
      CAPABILITIES,
      { level: 'partial', ownUsers: true },
    ],
    [
      'where everything is refused',
      ['--security-opt', `seccomp=${NO_NAMESPACES}`, '--user', 'node'],
      [],
      { level: 'none', ownUsers: false },
    ],
  ])('says how it confines %s, and imports a page', async (_, flags, capabilities, expected) => {
    const container = await start(flags, capabilities);
    const { confinement } = HealthAnswer.parse(await (await fetch(`${container.base}/health`)).json());
    expect(confinement).toMatchObject(expected);
    const worker = await importUrl(container, `${site.url}/manifest.mpd`);
    expect(await worker.finished).toEqual({ completed: { warnings: [] } });
  });

  test('has no setuid or setgid programs', async () => {
    const { exec } = await start();
    const found = await exec('sh', '-c', 'find / -xdev -type f -perm /6000 2>/dev/null || true');
    expect(found).toBe('');
  });

  test('imports the separate video and audio of a page as one file', async () => {
    const worker = await importUrl(await start(), `${site.url}/manifest.mpd`);
    expect(await worker.finished).toEqual({ completed: { warnings: [] } });
    expect(worker.stored()!.subarray(4, 8).toString()).toBe('ftyp');
  });

  test('reports a full disk', async () => {
    const container = await start(['--tmpfs', '/scratch:size=64m,mode=1777', '--env', 'WORK_DIR=/scratch']);
    await container.exec('sh', '-c', 'cat /dev/zero >/scratch/fill 2>/dev/null || true');
    const worker = await importUrl(container, `${site.url}/manifest.mpd`);
    expect(await worker.finished).toMatchObject({ failed: { failure: { code: 'downloader_disk_full' } } });
    // It looks at the disk once more after its report.
    const next = async () => {
      const body = JSON.stringify(worker.command(`${site.url}/manifest.mpd`));
      return (await dispatch(container.base, { method: 'POST', path: '/jobs', body })).status;
    };
    await expect.poll(next).toBe(429);
  });

  test('derives its limits from the memory and the CPU quota of its container', async () => {
    const { logs } = await start(['--memory', '1g', '--cpus', '0.5']);
    const lines = (await logs()).split('\n').filter((line) => line.startsWith('{'));
    expect(lines.map((line) => JSON.parse(line) as unknown)).toContainEqual(
      expect.objectContaining({
        event: 'downloader.limits',
        memoryBytes: 1024 * MIB,
        processors: 0.5,
        childMemoryBytes: 256 * MIB,
        pages: 2,
        merges: 1,
      }),
    );
  });

  test('loses only the job whose child runs out of memory', async () => {
    // Less than Node and one child with its own limit take together.
    const container = await start(['--memory', '300m', '--memory-swap', '300m']);
    const source = await startHttpSource();
    cleanUps.push(() => source.close());
    const gate = gateAfter(20 * MIB);
    source.serve('/a.wav', file(LARGE, { gate: gate.gate }));
    const other = await importUrl(container, source.url('/a.wav'));
    await expect.poll(() => other.calls, { timeout: 30_000 }).toContain('sign');
    site.routes.set('/bomb', largePage(400));
    const worker = await importUrl(container, `${site.url}/bomb`);
    expect(await worker.finished).toMatchObject({
      failed: { failure: { code: 'downloader_out_of_memory' } },
    });
    gate.open();
    expect(await other.finished).toEqual({ completed: { warnings: [] } });
  });

  test('hands its jobs back on SIGTERM and ends with 0', async () => {
    const container = await start();
    const source = await startHttpSource();
    cleanUps.push(() => source.close());
    source.serve('/a.wav', file(LARGE, { gate: gateAfter(20 * MIB).gate }));
    const worker = await importUrl(container, source.url('/a.wav'));
    await expect.poll(() => worker.calls, { timeout: 30_000 }).toContain('sign');
    expect(await container.stop()).toBe(0);
    expect(await worker.finished).toMatchObject({ failed: { failure: { code: 'downloader_draining' } } });
  });
});
