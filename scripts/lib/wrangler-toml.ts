/** Reads wrangler.toml as it is committed. */
import { join } from 'node:path';
import { experimental_readRawConfig as readRawConfig } from 'wrangler';
import { z } from 'zod';
import { ROOT } from './paths.ts';

/** What of wrangler.toml differs between deployments; everything else is passed on as it is. */
const Committed = z.looseObject({
  name: z.string(),
  main: z.string(),
  vars: z.record(z.string(), z.string()).default({}),
  d1_databases: z.tuple([z.looseObject({ migrations_dir: z.string() })]),
  r2_buckets: z.tuple([z.looseObject({})]),
  queues: z.looseObject({
    producers: z.array(z.looseObject({ queue: z.string() })),
    consumers: z.array(z.looseObject({ queue: z.string(), dead_letter_queue: z.string().optional() })),
  }),
  containers: z.tuple([z.looseObject({ image: z.string(), image_build_context: z.string() })]),
});
export type Committed = z.infer<typeof Committed>;

/** wrangler.toml as it is committed. */
export function readCommitted(): Committed {
  return Committed.parse(readRawConfig({ config: join(ROOT, 'wrangler.toml') }).rawConfig);
}
