/**
 * Prints as JSON what the start of a bundled Worker costs: `node start-bundle.mjs PATH`, in a process of its own, so that nothing is
 * compiled before. V8 is the engine of workerd as well; the modules of the platform are empty ones.
 */
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

const classes = ['DurableObject', 'WorkerEntrypoint', 'RpcTarget', 'RpcStub', 'WorkflowEntrypoint'];
const source = [
  'class Platform {}',
  'export const env = {}, exports = {};',
  'export function waitUntil() {}',
  `export { ${classes.map((name) => `Platform as ${name}`).join(', ')} };`,
].join('\n');
const platform = `data:text/javascript,${encodeURIComponent(source)}`;

/** Texts beside the bundle, which the platform does not run: their names begin with a digest. */
const isText = (specifier) => /^\.\/[0-9a-f]{40}-/.test(specifier);
const emptyText = 'data:text/javascript,export default ""';

registerHooks({
  resolve: (specifier, context, next) => {
    if (specifier.startsWith('cloudflare:')) return { url: platform, shortCircuit: true };
    if (isText(specifier)) return { url: emptyText, shortCircuit: true };
    return next(specifier, context);
  },
});
await import(platform);
const before = process.cpuUsage();
await import(pathToFileURL(process.argv[2]).href);
const { user, system } = process.cpuUsage(before);
// zod sets this global when its modules are evaluated.
console.log(
  JSON.stringify({ cpuMs: (user + system) / 1000, loadsSchemas: '__zod_globalConfig' in globalThis }),
);
