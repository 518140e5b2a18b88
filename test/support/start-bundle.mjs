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

registerHooks({
  resolve: (specifier, context, next) =>
    specifier.startsWith('cloudflare:') ? { url: platform, shortCircuit: true } : next(specifier, context),
});
await import(platform);
const before = process.cpuUsage();
await import(pathToFileURL(process.argv[2]).href);
const { user, system } = process.cpuUsage(before);
// zod sets this global when its modules are evaluated.
console.log(
  JSON.stringify({ cpuMs: (user + system) / 1000, loadsSchemas: '__zod_globalConfig' in globalThis }),
);
