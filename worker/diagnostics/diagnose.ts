/** Asks every part of the deployment once, of several downloaders the first, and reports which of them answer. */
import { sql } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import { askEvery } from '../databases/every-database.ts';
import type { Diagnosis } from '../contract/api/diagnostics.ts';
import { pageSlot } from '../contract/downloader/slot-names.ts';
import { errorText } from '../error-text.ts';
import { VERSION } from '../version.ts';
import { diagnoseDownloader } from './diagnose-downloader.ts';
import { sendQueueProbe } from './queue-probe.ts';
import { SAMPLE_PATH } from './serve-sample.ts';

/** Of the downloaders that take every source, or files alone. */
const FIRST_SLOT = 'slot-0';
/** Never in the bucket: every key of service storage begins with a workspace. */
const ABSENT_KEY = 'diagnostics/absent';

/** The report. Never throws: a part that fails is reported as such, and its error is logged. */
export async function diagnose(ctx: Ctx, { workspaceId }: { workspaceId: string }): Promise<Diagnosis> {
  const [database, serviceStorage, queue, downloader, pageDownloader] = await Promise.all([
    measure(ctx, 'database', () => askEvery(ctx, ({ db }) => db.run(sql`SELECT 1`))),
    measure(ctx, 'service storage', () => ctx.media.head(ABSENT_KEY)),
    diagnoseQueue(ctx, workspaceId),
    diagnoseDownloader(ctx, FIRST_SLOT),
    ctx.config.PAGE_SLOTS > 0 ? diagnoseDownloader(ctx, pageSlot(0)) : null,
  ]);
  const { config } = ctx;
  return {
    version: VERSION,
    time: new Date(ctx.now()).toISOString(),
    configuration: {
      publicUrl: config.PUBLIC_URL,
      downloader: config.DOWNLOADER_URL === undefined ? 'container' : 'url',
      slots: config.DOWNLOADER_SLOTS,
      pageSlots: config.PAGE_SLOTS,
      jobsPerSlot: config.JOBS_PER_SLOT,
      sampleUrl: `${config.SAMPLE_ORIGIN ?? config.PUBLIC_URL}${SAMPLE_PATH}`,
      pricePerMbUsd: config.PRICE_PER_MB_USD,
    },
    database,
    serviceStorage,
    queue,
    downloader,
    pageDownloader,
  };
}

async function measure(ctx: Ctx, part: string, ask: () => Promise<unknown>): Promise<Diagnosis['database']> {
  const startedAt = ctx.now();
  try {
    await ask();
    return { ok: true, problem: null, roundTripMs: ctx.now() - startedAt };
  } catch (error) {
    ctx.log.error('diagnostics.failed', { part, error: errorText(error) });
    return { ok: false, problem: `The ${part} did not answer.`, roundTripMs: ctx.now() - startedAt };
  }
}

async function diagnoseQueue(ctx: Ctx, workspaceId: string): Promise<Diagnosis['queue']> {
  try {
    return { ok: true, problem: null, probeId: await sendQueueProbe(ctx, { workspaceId }) };
  } catch (error) {
    ctx.log.error('diagnostics.failed', { part: 'queue', error: errorText(error) });
    return { ok: false, problem: 'The queue did not take a message.', probeId: null };
  }
}
