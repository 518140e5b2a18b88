/** `GET /sites`: how often imports from a site succeed. */
import { z } from 'zod';
import { CODE_NAMES } from '../codes.ts';

export const SiteQuery = z.strictObject({
  host: z
    .string()
    .min(1)
    .max(253)
    .regex(/^[^\s/?#@\\]+$/, 'host must be a host name, such as youtube.com')
    .toLowerCase()
    .optional()
    .meta({ description: 'This host alone, with or without `www.`.', example: 'youtube.com' }),
});

const counts = {
  imports: z
    .number()
    .int()
    .meta({ description: 'Imports that ended, without those that were canceled.', example: 120 }),
  completed: z.number().int().meta({ description: 'Imports that were completed.', example: 114 }),
  failed: z
    .array(
      z.strictObject({
        code: z.enum(CODE_NAMES).meta({ description: 'The error code.', example: 'geo_blocked' }),
        imports: z.number().int().meta({ description: 'Imports that failed with it.', example: 6 }),
      }),
    )
    .meta({ description: 'The most frequent code first.' }),
  successRate: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .meta({ description: 'Completed imports of all. Null without imports.', example: 0.95 }),
};

export const SiteView = z
  .strictObject({
    host: z.string().meta({ description: 'The host in the URLs, without `www.`.', example: 'youtube.com' }),
    ...counts,
    everyone: z.strictObject(counts).nullable().meta({
      description:
        'The same for all workspaces. Null while fewer than three of them have imported from the host.',
    }),
  })
  .meta({ id: 'Site', description: 'How imports from a site ended.' });
export type SiteView = z.infer<typeof SiteView>;
