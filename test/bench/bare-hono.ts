/** A Worker with one Hono route that selects one row from D1, as the measure for status polls. Sends its URL to its parent. */
import { build } from 'esbuild';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { ROOT } from '../../scripts/lib/paths.ts';

const SOURCE = `
import { Hono } from 'hono';
const app = new Hono();
app.get('/', async (c) => c.json(await c.env.DB.prepare('SELECT id, name FROM rows WHERE id = ?').bind('1').first()));
export default app;
`;

const { outputFiles } = await build({
  stdin: { contents: SOURCE, resolveDir: ROOT },
  bundle: true,
  format: 'esm',
  write: false,
});
const worker = new Miniflare(
  convertV4MiniflareOptions({
    modules: true,
    script: outputFiles[0]?.text ?? '',
    compatibilityDate: '2026-10-23',
    d1Databases: ['DB'],
  }),
);
const database = await worker.getD1Database('DB');
await database.exec('CREATE TABLE rows (id TEXT PRIMARY KEY, name TEXT)');
await database.exec("INSERT INTO rows VALUES ('1', 'one')");
process.send?.((await worker.ready).origin);
process.on('disconnect', () => void worker.dispose().then(() => process.exit()));
