import type { DeliveryKey } from './db/rows.ts';

/** The bindings that wrangler.toml declares. Only config.ts reads variables and secrets. */
export interface Env {
  DB: D1Database;
  MEDIA: R2Bucket;
  DOORBELL: Queue<unknown>;
  WEBHOOKS: Queue<DeliveryKey>;
  DOWNLOADER: DurableObjectNamespace;
  PAGE_DOWNLOADER: DurableObjectNamespace;
  /** One object for each workspace; asked only while rates are limited. */
  RATE_COUNTER: DurableObjectNamespace;
  WATCH: DurableObjectNamespace;
  /** Bound by `npm run deploy -- --mail-from ADDRESS`. */
  MAIL?: SendEmail;
  /** Bound by `npm run deploy -- --analytics DATASET`. */
  ANALYTICS?: AnalyticsEngineDataset;
}
