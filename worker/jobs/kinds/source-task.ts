/** What commands about the URL of a request have in common: its source, its choice and its limits. */
import type { Config } from '../../config.ts';
import type { Ctx } from '../../context.ts';
import { toMediaChoice } from '../../contract/api/media-choice.ts';
import type { HardStops } from '../../contract/choice/media-choice.ts';
import { isFileSlot } from '../../contract/downloader/slot-names.ts';
import type { JobRow } from '../../db/rows.ts';
import { hardStops } from './hard-stops.ts';

/** The source and the choice of a command. */
export function sourceTask({ config }: Ctx, { request, slot, sourceOneConnection }: JobRow) {
  const source = {
    url: request.url,
    ...(sourceOneConnection && { oneConnection: true as const }),
    ...(slot !== null && isFileSlot(slot, config) && { filesOnly: true as const }),
  };
  const choice = toMediaChoice(request);
  return { source, ...(choice && { choice }) };
}

/** The limits that the request sets for its file. */
export function requestStops({ PRICE_PER_MB_USD }: Config, { request }: JobRow): HardStops | null {
  return hardStops(request, PRICE_PER_MB_USD);
}
