import type { D1Migration } from 'cloudflare:test';
import type { Env } from '../../worker/env.ts';

declare global {
  namespace Cloudflare {
    interface Env extends WorkerEnv {
      TEST_MIGRATIONS: D1Migration[];
      SECOND_DB: D1Database;
    }
  }
}
type WorkerEnv = Env;
