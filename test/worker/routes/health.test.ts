import { beforeEach, expect, it } from 'vitest';
import { slots } from '../../../worker/db/tables/slots.ts';
import { VERSION } from '../../../worker/version.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { makeApi } from '../support/make-api.ts';
import { makeCtx } from '../support/make-ctx.ts';

beforeEach(emptyTables);

const DAY_MS = 24 * 3600_000;
const versionOf = (ms: number) => new Date(ms).toISOString().slice(0, 10).replaceAll('-', '.');

it('GET /health tells the versions of the fleet and the age of yt-dlp, each combination once', async () => {
  const ctx = makeCtx();
  const now = ctx.now();
  const old = { downloader: '0.1.0', ytdlp: versionOf(now - 70 * DAY_MS), ffmpeg: '7.1' };
  const fresh = { downloader: '0.2.0', ytdlp: versionOf(now - 3 * DAY_MS), ffmpeg: '7.1' };
  const without = { downloader: '0.0.1', ytdlp: null, ffmpeg: null };
  const seen = [
    { slot: 'slot-0', versions: old, lastSeenAt: now - 60_000 },
    { slot: 'slot-1', versions: fresh, lastSeenAt: now - 30_000 },
    { slot: 'pull-cellar', versions: old, lastSeenAt: now - 90_000 },
    { slot: 'slot-2', versions: without, lastSeenAt: now - 8 * DAY_MS },
  ];
  await ctx.db.insert(slots).values(seen.map((row) => ({ ...row, capacity: 4 })));
  const { anonymous } = await makeApi(ctx);
  const text = await (await anonymous('/health')).text();
  expect(JSON.parse(text)).toEqual({
    ok: true,
    version: VERSION,
    noDownloaderSince: null,
    downloaders: [
      {
        version: '0.2.0',
        ytdlp: fresh.ytdlp,
        ytdlpAgeDays: 3,
        ffmpeg: '7.1',
        lastSeenAt: new Date(now - 30_000).toISOString(),
      },
      {
        version: '0.1.0',
        ytdlp: old.ytdlp,
        ytdlpAgeDays: 70,
        ffmpeg: '7.1',
        lastSeenAt: new Date(now - 60_000).toISOString(),
      },
    ],
  });
  expect(text).not.toContain('cellar');
});
