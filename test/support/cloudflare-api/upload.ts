/** The multipart body of a script upload: metadata held to a schema, bindings to what the account has. */
import { z } from 'zod';
import type { Account, Binding, Script } from './account.ts';
import { ApiRefusal, type Call } from './call.ts';
import { parseValue } from './parse-body.ts';

const name = z.string().regex(/^[A-Za-z_$][\w$]*$/);
const BindingSchema = z.discriminatedUnion('type', [
  z.strictObject({ name, type: z.literal('plain_text'), text: z.string() }),
  z.strictObject({ name, type: z.literal('secret_text'), text: z.string() }),
  z.strictObject({ name, type: z.literal('inherit') }),
  z.strictObject({ name, type: z.literal('d1'), id: z.string() }),
  z.strictObject({ name, type: z.literal('r2_bucket'), bucket_name: z.string() }),
  z.strictObject({ name, type: z.literal('queue'), queue_name: z.string() }),
  z.strictObject({ name, type: z.literal('durable_object_namespace'), class_name: z.string() }),
  z.strictObject({ name, type: z.literal('analytics_engine'), dataset: z.string().optional() }),
  z.strictObject({ name, type: z.literal('version_metadata') }),
  z.strictObject({
    name,
    type: z.literal('ratelimit'),
    namespace_id: z.string(),
    simple: z.strictObject({ limit: z.number(), period: z.union([z.literal(10), z.literal(60)]) }),
  }),
]);
const Sampled = { enabled: z.boolean().optional(), head_sampling_rate: z.number().min(0).max(1).optional() };
const Metadata = z.strictObject({
  main_module: z.string(),
  bindings: z.array(BindingSchema),
  compatibility_date: z.iso.date(),
  compatibility_flags: z.array(z.string()).optional(),
  containers: z.array(z.strictObject({ name: z.string(), class_name: z.string() })).optional(),
  migrations: z
    .strictObject({
      new_tag: z.string(),
      old_tag: z.string().optional(),
      steps: z.array(z.strictObject({ new_sqlite_classes: z.array(z.string()) })),
    })
    .optional(),
  code_update_strategy: z
    .strictObject({ mode: z.enum(['immediate', 'deferred']), max_delay: z.int().optional() })
    .optional(),
  keep_bindings: z.array(z.string()).optional(),
  placement: z.strictObject({ mode: z.literal('smart') }).optional(),
  limits: z
    .strictObject({ cpu_ms: z.int().max(300_000).optional(), subrequests: z.int().optional() })
    .optional(),
  annotations: z
    .strictObject({ 'workers/tag': z.string().max(100).optional(), 'workers/message': z.string().optional() })
    .optional(),
  observability: z
    .strictObject({
      ...Sampled,
      redact_query_string: z.boolean().optional(),
      logs: z
        .strictObject({
          ...Sampled,
          invocation_logs: z.boolean().optional(),
          persist: z.boolean().optional(),
        })
        .optional(),
      traces: z.strictObject({ ...Sampled, persist: z.boolean().optional() }).optional(),
    })
    .optional(),
  package_dependencies: z.unknown().optional(),
});
export type Metadata = z.infer<typeof Metadata>;

/** The checked metadata of an upload; throws a 400 that names what the schema does not have. */
export function readUpload(call: Call): Metadata {
  const text = call.form?.get('metadata');
  if (typeof text !== 'string') throw new ApiRefusal(400, 10_021, 'an upload needs the part metadata');
  const metadata = parseValue(JSON.parse(text), Metadata);
  if (!call.form?.has(metadata.main_module)) throw new ApiRefusal(400, 10_021, 'the main module is missing');
  return metadata;
}

/** The bindings of the new version: what is inherited is taken from the last one, and everything must exist. */
export function resolveBindings(account: Account, script: Script | undefined, metadata: Metadata): Binding[] {
  const before = script?.versions.at(-1)?.bindings ?? [];
  const given = metadata.bindings.map((binding): Binding => {
    if (binding.type !== 'inherit') return binding;
    const kept = before.find((old) => old.name === binding.name);
    if (kept === undefined) throw new ApiRefusal(400, 10_056, `nothing to inherit for ${binding.name}`);
    return kept;
  });
  const names = new Set(given.map((binding) => binding.name));
  if (names.size !== given.length) throw new ApiRefusal(400, 10_021, 'a binding is given twice');
  for (const binding of given) requireResource(account, binding);
  const kept = before.filter(
    (old) => metadata.keep_bindings?.includes(old.type) === true && !names.has(old.name),
  );
  return [...given, ...kept];
}

function requireResource(account: Account, binding: Binding): void {
  const { type } = binding;
  const exists =
    type === 'd1'
      ? [...account.databases.values()].some(({ uuid }) => uuid === binding.id)
      : type === 'r2_bucket'
        ? account.buckets.has(String(binding.bucket_name))
        : type === 'queue'
          ? account.queues.has(String(binding.queue_name))
          : true;
  if (!exists)
    throw new ApiRefusal(400, 10_021, `binding ${binding.name} of type ${type} must name what exists`);
}
