/** The bindings that wrangler.toml declares; vars and secrets are read by config.ts alone. */
export interface Env {
  DB: D1Database;
  MEDIA: R2Bucket;
  DOORBELL: Queue<unknown>;
  DOWNLOADER: DurableObjectNamespace;
}
