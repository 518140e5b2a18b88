/** Builds the Go programs in peers/ and runs its servers: a source and an S3 endpoint, both over TLS. */
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { cacheDirectory } from '../../scripts/lib/paths.ts';
import { findGo } from '../support/s3-servers/find-go.ts';
import type { CertificateFiles } from './certificate.ts';

const SOURCES = join(import.meta.dirname, 'peers');
/** The first build downloads the AWS SDK. */
const BUILD_TIMEOUT_MS = 600_000;

export interface Server {
  /** `https://127.0.0.1:<port>` */
  url: string;
  stop(): Promise<void>;
}

/** Returns the path of the program. It is built once for each state of its sources, into the user's cache. */
export async function buildPeers(): Promise<string> {
  const cache = cacheDirectory(process.env);
  const target = join(cache, `bench-peers-${digestOfSources()}`);
  if (existsSync(target)) return target;
  console.log('Building the Go programs of the benchmark …');
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, 'build-'));
  try {
    const go = await findGo(work);
    const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '' };
    const built = join(work, 'peers');
    const args = ['build', '-trimpath', '-o', built, '.'];
    await promisify(execFile)(go, args, { cwd: SOURCES, env, timeout: BUILD_TIMEOUT_MS });
    await rename(built, target);
    return target;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function digestOfSources(): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(SOURCES).toSorted()) hash.update(readFileSync(join(SOURCES, name)));
  return hash.digest('hex').slice(0, 12);
}

/** Starts one of the servers of the program. It ends with this process. */
export async function startPeer(
  program: string,
  args: string[],
  { certificateFile, keyFile }: CertificateFiles,
): Promise<Server> {
  const [name = '', ...options] = args;
  const child = spawn(program, [name, certificateFile, keyFile, ...options], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [port] = (await once(createInterface(child.stdout), 'line')) as [string];
  const stop = async (): Promise<void> => {
    child.stdin.end();
    if (child.exitCode === null) await once(child, 'exit');
  };
  return { url: `https://127.0.0.1:${port}`, stop };
}
