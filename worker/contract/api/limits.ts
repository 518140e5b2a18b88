/** Rates of requests for one API key. */
import { z } from 'zod';

const perHour = z.number().int().min(1).max(1_000_000);

/** A rate that is left out does not limit the key any further than its workspace. */
export const KeyLimits = z
  .strictObject({
    importsPerHour: perHour.optional().meta({ description: 'Requests that start an import.' }),
    metadataPerHour: perHour.optional().meta({ description: 'Requests that start reading metadata.' }),
    requestsPerHour: perHour.optional().meta({ description: 'All other requests, such as status polls.' }),
  })
  .meta({
    id: 'KeyLimits',
    description:
      'Rates of requests. One that is left out does not limit the key any further than its workspace.',
  });
export type KeyLimits = z.infer<typeof KeyLimits>;

/** Limits that were given to one key. All keys that count in its window keep to them together. */
export interface LimitWindow {
  keyId: string;
  limits: KeyLimits;
}
