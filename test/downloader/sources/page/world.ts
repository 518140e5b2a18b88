/** A site, a job and its folder, for tests of the way through yt-dlp. */
import { mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { MediaChoice } from '../../../../worker/contract/choice/media-choice.ts';
import type { JobLimits } from '../../../../worker/contract/downloader/command.ts';
import type { Failure } from '../../../../worker/contract/failure.ts';
import type { JobContext } from '../../../../downloader/job-context.ts';
import { JobFailure } from '../../../../downloader/job-failure.ts';
import { fetchWithYtdlp, type FetchedFile } from '../../../../downloader/sources/page/ytdlp.ts';
import type { Tools } from '../../../../downloader/process/tools.ts';
import { createBudget } from '../../../../downloader/budget/budget.ts';
import type { WorkLimits } from '../../../../downloader/budget/work-limits.ts';
import { parseEgressAllow } from '../../../../worker/contract/address-policy.ts';
import { startPageServer, type PageServer } from '../../../support/page-server.ts';

export const LIMITS = {
  maxBytes: 100_000_000,
  maxDurationSeconds: 3600,
  timeoutSeconds: 60,
  stallSeconds: 30,
};

/** A machine on which no test waits. */
export const ROOMY: WorkLimits = {
  partMemoryBytes: 2 ** 27,
  childMemoryBytes: 2 ** 31,
  maxPageBytes: 2 ** 40,
  diskReserveBytes: 0,
  pages: 4,
  merges: 4,
};

export interface Surroundings {
  choice?: MediaChoice;
  signal?: AbortSignal;
  budget?: Partial<WorkLimits>;
}

export interface World {
  /** Everything of one test lies in it: `site` is served, `job` is the job's folder. */
  base: string;
  site: PageServer;
}

/** Gives every test of a file a site and a folder of its own, and takes them away. */
export function useWorld(): World {
  const world = {} as World;
  beforeEach(async () => {
    world.base = await mkdtemp(join(tmpdir(), 'ytdlp-test-'));
    await mkdir(join(world.base, 'site'));
    world.site = await startPageServer(join(world.base, 'site'));
  });
  afterEach(async () => {
    await world.site.close();
    await rm(world.base, { recursive: true, force: true });
  });
  return world;
}

/** An import of a path of the site. */
export function jobFor(
  { base, site }: Pick<World, 'base'> & { site: Pick<PageServer, 'url'> },
  path: string,
  limits: Partial<JobLimits> = {},
  { signal = new AbortController().signal, budget = {}, choice = {} }: Surroundings = {},
): JobContext {
  return {
    command: {
      version: 1,
      kind: 'import',
      jobId: '0198c0de-0000-7000-8000-000000000001',
      attempt: 1,
      slot: 's',
      token: 't',
      controlUrl: 'http://control.invalid',
      source: { url: site.url + path },
      choice,
      limits: { ...LIMITS, ...limits },
    },
    signal,
    progress: { stage: 'resolving', bytesDone: 0, bytesTotal: null },
    touch: () => {},
    budget: createBudget({ ...ROOMY, ...budget }),
    traffic: { bytesIn: 0, bytesOut: 0 },
    directory: async () => {
      const directory = join(base, 'job');
      await mkdir(directory, { recursive: true, mode: 0o700 });
      return directory;
    },
  };
}

/** Fetches a path of the site, which is the one private address that is allowed. */
export function fetchPath(
  world: World,
  tools: Tools,
  path: string,
  limits?: Partial<JobLimits>,
  surroundings?: Surroundings,
): Promise<FetchedFile> {
  const allow = parseEgressAllow(`source:127.0.0.1:${world.site.port}`);
  return fetchWithYtdlp(jobFor(world, path, limits, surroundings), { tools, allow });
}

export async function failureOf(fetching: Promise<unknown>): Promise<Failure> {
  try {
    await fetching;
  } catch (error) {
    if (error instanceof JobFailure) return error.failure;
    throw error;
  }
  throw new Error('it succeeded');
}

/** Size of the largest file of a folder, in bytes. */
export async function largestFile(directory: string): Promise<number> {
  const names = await readdir(directory);
  const sizes = await Promise.all(names.map(async (name) => (await readFile(join(directory, name))).length));
  return Math.max(0, ...sizes);
}
