/** The short form of `npm run chaos`: jobs of every kind, and some kills. */
import { expect, onTestFailed, test } from 'vitest';
import { findVersitygw } from '../support/s3-servers/install-versitygw.ts';
import { mediaTools } from '../support/media-tools.ts';
import { KILL_POINTS } from './kill-points.ts';
import { makePlan, type PlannedRequest } from './plan.ts';
import { runChaos } from './run-chaos.ts';
import { WORKS } from './works.ts';

const { ytdlpDirectory, ffmpeg } = await mediaTools();
const isPossible = ytdlpDirectory !== null && ffmpeg !== null && (await findVersitygw()) !== null;

const SEED = 1;
/** One request of every kind. */
const JOBS = WORKS.reduce((sum, { jobs }) => sum + jobs, 0);
/** Each part between a commit and what is sent after it, and before the commit. */
const KILLS = [
  'worker after a request of a client',
  'worker after the end of an upload',
  'downloader after the report of completion',
  'worker after a webhook',
  'storage before complete',
  'worker after the report of completion',
  'downloader after a dispatch',
];

/** An import that passes every one of these points. */
const spareRequest = (name: string): PlannedRequest => ({
  name,
  work: WORKS.find((work) => work.name === 'a large file to a bucket')!,
  workspace: 0,
  isTwin: false,
  hasCallback: true,
});

test('a plan follows from its seed, with every kind of request and every kill point', () => {
  const size = { jobs: 200, kills: KILL_POINTS.length };
  const plan = makePlan(1, size);
  expect(makePlan(1, size)).toEqual(plan);
  expect(makePlan(2, size)).not.toEqual(plan);
  expect(new Set(plan.requests.map(({ work }) => work.name))).toEqual(new Set(WORKS.map(({ name }) => name)));
  expect(new Set(plan.kills.map(({ name }) => name))).toEqual(new Set(KILL_POINTS.map(({ name }) => name)));
});

test.skipIf(!isPossible)(
  'jobs of every kind end once, are billed once, are announced and leave nothing, whatever is killed meanwhile',
  { timeout: 600_000 },
  async () => {
    const log: string[] = [];
    onTestFailed(() => console.log(log.join('\n')));
    const { requests } = makePlan(SEED, { jobs: JOBS, kills: 0 });
    const kills = KILL_POINTS.filter(({ name }) => KILLS.includes(name)).map((point) => ({
      ...point,
      skip: 0,
      restMs: 0,
    }));
    const say = (line: string) => void log.push(line);
    const spare = KILLS.map((_name, index) => spareRequest(`spare${index}`));
    const plan = { requests, kills, spare };
    const result = await runChaos({ seed: SEED, plan, settleMs: 120_000, say });
    expect(result.findings).toEqual([]);
    expect(result.kills.toSorted()).toEqual(KILLS.toSorted());
  },
);
