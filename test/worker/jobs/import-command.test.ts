import { describe, expect, it } from 'vitest';
import type { ImportRequest } from '../../../worker/contract/api/import-request.ts';
import { Command } from '../../../worker/contract/downloader/command.ts';
import { makeCommand } from '../../../worker/jobs/dispatch-job.ts';
import { costMicrodollars } from '../../../worker/contract/cost.ts';
import { hardStops } from '../../../worker/jobs/kinds/hard-stops.ts';
import { kindOf } from '../../../worker/jobs/kinds/kinds.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { makeJob } from '../support/rows.ts';

const ctx = makeCtx();

async function commandOf(request: Partial<ImportRequest>): Promise<Command> {
  const job = await makeJob(ctx, {
    status: 'processing',
    request: { url: 'https://media.example/clip.mp4', ...request },
  });
  return Command.parse(await makeCommand(ctx, { slot: 'slot-0', job }));
}

describe('the command of an import', () => {
  it('has no member that older downloaders refuse when the request asks for nothing', async () => {
    const command = await commandOf({ store: true });
    expect(command).not.toHaveProperty('choice');
    expect(command.limits).not.toHaveProperty('stops');
  });

  it('carries the choice and the limits of the request', async () => {
    const command = await commandOf({
      format: '720p',
      container: 'mp4',
      maxBytes: 10_000_000,
      maxCostInDollars: 0.003,
    });
    expect(command).toMatchObject({
      kind: 'import',
      choice: { videoQuality: 720, container: 'mp4' },
      limits: { stops: { maxBytes: 1_000_000, maxBytesCode: 'max_cost_exceeded' } },
    });
  });

  it('of a store job has no limits, since its import has met them', () => {
    expect(kindOf({ kind: 'store' }).stops).toBeUndefined();
  });
});

describe('the limits of a request', () => {
  it.each([
    [{}, 0.003, null],
    [{ maxBytes: 100 }, 0.003, { maxBytes: 100, maxBytesCode: 'max_bytes_exceeded' }],
    [{ maxDurationSeconds: 1.5 }, 0.003, { maxDurationSeconds: 1.5 }],
    [{ maxCostInDollars: 0.3 }, 0.003, { maxBytes: 100_000_000, maxBytesCode: 'max_cost_exceeded' }],
    [{ maxCostInDollars: 0 }, 0.003, { maxBytes: 0, maxBytesCode: 'max_cost_exceeded' }],
    [{ maxCostInDollars: 1, maxBytes: 100 }, 0.003, { maxBytes: 100, maxBytesCode: 'max_bytes_exceeded' }],
    // Where imports are free, a cost limits nothing.
    [{ maxCostInDollars: 0 }, 0, null],
  ])('%j at %d dollars per MB are %j', (request, price, stops) => {
    expect(hardStops(request, price)).toEqual(stops);
  });

  it.each([0.01, 0.047, 0.1, 1 / 3, 19.99, 1e6])(
    'allow no file that costs more than %d dollars',
    (dollars) => {
      for (const price of [0.003, 0.0017, 1 / 7, 12]) {
        const bytes = hardStops({ maxCostInDollars: dollars }, price)?.maxBytes ?? Infinity;
        expect(costMicrodollars(bytes, price)).toBeLessThanOrEqual(dollars * 1e6);
        expect(costMicrodollars(bytes + Math.ceil(1 / price) + 1, price)).toBeGreaterThan(
          Math.floor(dollars * 1e6),
        );
      }
    },
  );
});
