/** Opens the database of a local stack that is not running, without the Worker. */
import { join } from 'node:path';
import { Log, LogLevel, Miniflare, convertV4MiniflareOptions } from 'miniflare';
import { unstable_getMiniflareWorkerOptions as readWranglerToml } from 'wrangler';
import { connect, type Db } from '../../worker/db/client.ts';
import { migrate } from '../lib/migrate.ts';
import { ROOT } from '../lib/paths.ts';

/** Opens and migrates the database. `close` ends its process. */
export async function openLocalDatabase(
  stateDirectory: string,
): Promise<{ db: Db; close: () => Promise<void> }> {
  const options = convertV4MiniflareOptions({
    modules: true,
    script: 'export default { fetch: () => new Response(null, { status: 404 }) };',
    d1Databases: readDatabases(),
    resourcePersistencePath: join(stateDirectory, 'v3'),
    cf: false,
    telemetry: { enabled: false },
    log: new Log(LogLevel.ERROR),
  });
  const miniflare = new Miniflare(options);
  const d1 = await miniflare.getD1Database('DB');
  await migrate(d1);
  return { db: connect(d1), close: () => miniflare.dispose() };
}

/** Reads the database binding from wrangler.toml in the form of Miniflare's options. Its id determines the path of the data. */
function readDatabases(): Record<string, { id: string }> {
  const { workerOptions } = readWranglerToml(join(ROOT, 'wrangler.toml'), undefined, {
    overrides: { enableContainers: false },
  });
  return workerOptions.d1Databases as Record<string, { id: string }>;
}
