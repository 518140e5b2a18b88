import { expect, test } from 'vitest';
import { partChecks } from '../../scripts/doctor/parts-checks.ts';
import type { Diagnosis } from '../../worker/contract/api/diagnostics.ts';

const DAY_MS = 24 * 3600_000;
const deployment = { url: 'https://import.example.com', apiKey: 'imp_test' };
const part = { ok: true, problem: null, roundTripMs: 1 };

/** Without problems, by a downloader whose yt-dlp is that many days old, or not installed. */
function diagnosis(
  ageDays: number | null,
  confinement: Diagnosis['downloader']['confinement'] = null,
): Diagnosis {
  const date = ageDays === null ? null : new Date(Date.now() - ageDays * DAY_MS).toISOString().slice(0, 10);
  return {
    version: '0.1.0',
    time: new Date().toISOString(),
    configuration: {
      publicUrl: deployment.url,
      downloader: 'url',
      slots: 1,
      pageSlots: 0,
      jobsPerSlot: 4,
      sampleUrl: `${deployment.url}/sample.wav`,
      pricePerMbUsd: 0,
    },
    database: part,
    serviceStorage: part,
    queue: { ok: true, problem: null, probeId: 'probe' },
    downloader: {
      ok: true,
      problem: null,
      answerMs: 5,
      coldStart: false,
      clockOffsetMs: 0,
      draining: false,
      capacity: 4,
      runningJobs: 0,
      confinement,
      versions: { downloader: '0.1.0', ytdlp: date?.replaceAll('-', '.') ?? null, ffmpeg: '7.1' },
    },
    pageDownloader: null,
  };
}

function downloaderFinding(ageDays: number | null) {
  const checks = partChecks(deployment, diagnosis(ageDays));
  return checks.find(({ name }) => name === 'Downloader')!.run();
}

test('the doctor tells the age of yt-dlp, and advises to update one that is older than 60 days', async () => {
  expect(await downloaderFinding(60)).toEqual({ ok: true, detail: expect.stringContaining('(60 days old)') });
  expect((await downloaderFinding(60)).detail).not.toContain('update:ytdlp');
  const old = await downloaderFinding(61);
  expect(old).toEqual({ ok: true, detail: expect.stringContaining('(61 days old)') });
  expect(old.detail).toContain('run npm run update:ytdlp, then deploy again');
});

test('the doctor tells how the programs of the downloader are confined', async () => {
  const detailFor = async (confinement: Diagnosis['downloader']['confinement']) => {
    const checks = partChecks(deployment, diagnosis(1, confinement));
    return (await checks.find(({ name }) => name === 'Downloader')!.run()).detail;
  };
  const full = { level: 'full', reason: null };
  expect(await detailFor({ ...full, ownUsers: false })).toMatch(/; they are fully confined$/);
  expect(await detailFor({ ...full, ownUsers: true })).toMatch(/confined, each job as its own user$/);
  const reason = 'bubblewrap is not installed.';
  expect(await detailFor({ level: 'none', ownUsers: false, reason })).toMatch(
    /not fully confined \(none\): bubblewrap is not/,
  );
  expect(await detailFor(null)).not.toContain('confined');
});

test('the doctor looks at a downloader for pages, if there are any of their own', async () => {
  const found = diagnosis(1);
  const namesOf = (checked: Diagnosis) => partChecks(deployment, checked).map(({ name }) => name);
  expect(namesOf(found)).not.toContain('Downloader for pages');
  const problem = 'No downloader answered.';
  const configuration = { ...found.configuration, pageSlots: 2 };
  const pageDownloader = { ...found.downloader, ok: false, problem };
  const checks = partChecks(deployment, { ...found, configuration, pageDownloader });
  const findingOf = (wanted: string) => checks.find(({ name }) => name === wanted)!.run();
  expect(await findingOf('Downloader for pages')).toEqual({ ok: false, detail: problem });
  expect((await findingOf('Configuration')).detail).toBe(
    '1 × 4 jobs at once, and 2 × 4 pages, downloader by url',
  );
});

test('the doctor names a downloader without yt-dlp', async () => {
  expect((await downloaderFinding(null)).detail).toContain('yt-dlp not installed');
});
