/** The kinds of requests that a chaos run sends: what each asks for, how its jobs may end, and how often it comes. */
import type { Site } from './sites.ts';

/** What a client does after its request was answered. */
export type Follow = 'cancel-early' | 'cancel-late' | 'store-later' | 'none';

export interface Work {
  name: string;
  /** How many times as often as a work of weight 1. */
  weight: number;
  /** Jobs that the request and what follows it make. */
  jobs: number;
  path: '/import' | '/metadata' | '/metadata/basic' | '/batches';
  body: (site: Site) => Record<string, unknown>;
  /** `completed`, `canceled`, or the code of a failure. */
  ends: readonly string[];
  follow: Follow;
}

const MIB = 1024 ** 2;
/** Below and above the limit of one PUT. */
const SMALL = 60_000;
const BIG = 9 * MIB;

interface Draft extends Partial<Work> {
  body: Work['body'];
}

const DRAFTS: Record<string, Draft> = {
  'a small file': { weight: 4, body: (site) => ({ url: site.wav(SMALL) }) },
  'a large file': { weight: 2, body: (site) => ({ url: site.wav(BIG) }) },
  'a small file without a length': {
    body: (site) => ({ url: site.wav(SMALL, { length: false, ranges: false }) }),
  },
  'a small file to a bucket': {
    weight: 4,
    body: (site) => ({ url: site.wav(SMALL), store: true, storageFilename: site.fileName }),
  },
  'a large file to a bucket': {
    weight: 3,
    body: (site) => ({ url: site.wav(BIG), store: true, storageFilename: site.fileName }),
  },
  'a file to two buckets': {
    body: (site) => ({
      url: site.wav(SMALL),
      store: true,
      storageFilename: site.fileName,
      storageDestinations: ['main', 'second'],
    }),
  },
  'a file that the bucket refuses at first': {
    weight: 2,
    body: (site) => ({
      url: site.wav(SMALL),
      store: true,
      storageFilename: site.fileName,
      storageDestination: 'refusing',
    }),
  },
  'a file that nobody keeps': {
    body: (site) => ({
      url: site.wav(SMALL),
      store: true,
      storageFilename: site.fileName,
      storageDestination: 'without-fallback',
    }),
    ends: ['storage_credentials_invalid'],
  },
  'metadata of a file': { path: '/metadata', body: (site) => ({ url: site.wav(SMALL) }) },
  'basic metadata of a file': { path: '/metadata/basic', body: (site) => ({ url: site.wav(SMALL) }) },
  'metadata of a page': { path: '/metadata', body: (site) => ({ url: site.page() }) },
  'a page': { body: (site) => ({ url: site.page() }) },
  'a stream': { body: (site) => ({ url: site.stream() }) },
  'a stream to a bucket': {
    body: (site) => ({ url: site.stream(), store: true, storageFilename: site.fileName }),
  },
  'a file that does not exist': { body: (site) => ({ url: site.missing() }), ends: ['source_not_found'] },
  'a page without media': { body: (site) => ({ url: site.emptyPage() }), ends: ['unsupported_url'] },
  'a file that is cut off': {
    body: (site) => ({ url: site.cut(SMALL) }),
    ends: ['source_truncated', 'source_disconnected'],
  },
  'an import that is canceled early': {
    weight: 2,
    body: (site) => ({ url: site.stuck(BIG) }),
    ends: ['canceled'],
    follow: 'cancel-early',
  },
  'an import that is canceled at its end': {
    body: (site) => ({ url: site.held(SMALL) }),
    ends: ['canceled', 'completed'],
    follow: 'cancel-late',
  },
  'an import to a bucket that is canceled at its end': {
    body: (site) => ({ url: site.held(SMALL), store: true, storageFilename: site.fileName }),
    ends: ['canceled', 'completed'],
    follow: 'cancel-late',
  },
  'an import that is stored later': {
    jobs: 2,
    body: (site) => ({ url: site.wav(SMALL) }),
    follow: 'store-later',
  },
  'a batch of three files': {
    jobs: 3,
    path: '/batches',
    body: (site) => ({ urls: [site.wav(SMALL), site.wav(SMALL + 4), site.missing()] }),
    ends: ['completed', 'source_not_found'],
  },
  'a feed with three entries': {
    jobs: 4,
    path: '/batches',
    body: (site) => ({ playlist: { url: site.feed(), maxEntries: 3 } }),
  },
};

/** All works, those with a higher weight several times. */
export const WORKS: readonly Work[] = Object.entries(DRAFTS).map(([name, draft]) => ({
  name,
  weight: 1,
  jobs: 1,
  path: '/import' as const,
  ends: ['completed'],
  follow: 'none' as const,
  ...draft,
}));
