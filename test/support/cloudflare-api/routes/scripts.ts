/** Workers: upload, versions, deployments, secrets, subdomain, schedules, domains, deletion. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Account, Script, Version } from '../account.ts';
import { ApiRefusal, route, segment, type Call, type Route } from '../call.ts';
import { parseBody } from '../parse-body.ts';
import { readUpload, resolveBindings, type Metadata } from '../upload.ts';

function emptyScript(name: string): Script {
  return {
    name,
    tag: randomUUID(),
    versions: [],
    schedules: [],
    workersDev: false,
    namespaces: new Map(),
    migrationTag: null,
  };
}

/** Makes Durable Object namespaces by the migrations, and gives each binding the id of its namespace. */
function applyMigrations(script: Script, { migrations }: Metadata): void {
  if (migrations === undefined) return;
  if ((migrations.old_tag ?? null) !== script.migrationTag)
    throw new ApiRefusal(
      412,
      10_079,
      `the migration tag is ${script.migrationTag}, not ${migrations.old_tag}`,
    );
  for (const name of migrations.steps.flatMap((step) => step.new_sqlite_classes))
    script.namespaces.set(name, randomUUID().replaceAll('-', ''));
  script.migrationTag = migrations.new_tag;
}

function addVersion(account: Account, script: Script, metadata: Metadata): Version {
  const bindings = resolveBindings(account, script, metadata).map((binding) => {
    if (binding.type !== 'durable_object_namespace') return binding;
    const id = script.namespaces.get(String(binding.class_name));
    if (id === undefined) throw new ApiRefusal(400, 10_061, `no class ${String(binding.class_name)}`);
    return { ...binding, namespace_id: id };
  });
  const tag = metadata.annotations?.['workers/tag'] ?? null;
  const version = { id: randomUUID(), tag, bindings, metadata };
  script.versions.push(version);
  return version;
}

const describeVersion = (version: Version) => ({
  id: version.id,
  number: 1,
  metadata: { created_on: '2026-11-01T00:00:00.000Z', source: 'wrangler' },
  annotations: version.tag === null ? {} : { 'workers/tag': version.tag },
  resources: {
    bindings: version.bindings.map(({ text, ...rest }) =>
      rest.type === 'secret_text' ? rest : { ...rest, text },
    ),
  },
});

function uploadRoutes(account: Account, find: (call: Call) => Script): Route[] {
  const scripts = `/accounts/${account.id}/workers/scripts`;
  return [
    route('PUT', `${scripts}/{}`, (call) => {
      const name = segment(call, 0);
      const metadata = readUpload(call);
      const script = account.scripts.get(name) ?? emptyScript(name);
      applyMigrations(script, metadata);
      const version = addVersion(account, script, metadata);
      account.scripts.set(name, script);
      return {
        result: {
          id: name,
          tag: script.tag,
          deployment_id: version.id.replaceAll('-', ''),
          startup_time_ms: 12,
        },
      };
    }),
    route('GET', `${scripts}/{}/versions/{}`, (call) => {
      const version = find(call).versions.find(({ id }) => id === segment(call, 1));
      if (version === undefined) throw new ApiRefusal(404, 100_146, 'no such version');
      return { result: describeVersion(version) };
    }),
    route('GET', `${scripts}/{}/versions`, (call) => ({
      result: { items: find(call).versions.map(describeVersion) },
    })),
    // The last version is the one that serves.
    route('POST', `${scripts}/{}/deployments`, (call) => {
      const script = find(call);
      const [{ version_id: id }] = parseBody(call, Deployment).versions;
      const version = script.versions.find((known) => known.id === id);
      if (version === undefined) throw new ApiRefusal(404, 100_146, 'no such version');
      script.versions.push(version);
      return { result: { id: randomUUID() } };
    }),
    route('GET', `${scripts}/{}/deployments`, (call) => {
      const last = find(call).versions.at(-1);
      const versions = last ? [{ version_id: last.id, percentage: 100 }] : [];
      return {
        result: {
          deployments: [
            { id: last?.id, created_on: '2026-11-01T00:00:00.000Z', versions, source: 'wrangler' },
          ],
        },
      };
    }),
  ];
}

const Secret = z.strictObject({ name: z.string(), text: z.string(), type: z.literal('secret_text') });
const Deployment = z.strictObject({
  strategy: z.literal('percentage'),
  versions: z.tuple([z.strictObject({ version_id: z.string(), percentage: z.literal(100) })]),
  annotations: z.strictObject({ 'workers/message': z.string().max(120) }).optional(),
  code_update_strategy: z.unknown().optional(),
});

function settingRoutes(account: Account, find: (call: Call) => Script): Route[] {
  const scripts = `/accounts/${account.id}/workers/scripts`;
  return [
    route('GET', `${scripts}/{}/settings`, (call) => {
      const last = find(call).versions.at(-1);
      return { result: { bindings: last ? describeVersion(last).resources.bindings : [], tags: [] } };
    }),
    route('GET', `${scripts}/{}/secrets`, (call) => {
      const bindings = find(call).versions.at(-1)?.bindings ?? [];
      const secrets = bindings.filter(({ type }) => type === 'secret_text');
      return { result: secrets.map(({ name, type }) => ({ name, type })) };
    }),
    route('PUT', `${scripts}/{}/secrets`, (call) => {
      const script = find(call);
      const secret = parseBody(call, Secret);
      const last = script.versions.at(-1);
      if (last === undefined) throw new ApiRefusal(404, 10_007, 'This Worker has no version.');
      const others = last.bindings.filter(({ name }) => name !== secret.name);
      script.versions.push({ ...last, id: randomUUID(), bindings: [...others, secret] });
      return { result: { name: secret.name, type: secret.type } };
    }),
    route('POST', `${scripts}/{}/subdomain`, (call) => {
      const { enabled } = parseBody(
        call,
        z.strictObject({ enabled: z.boolean(), previews_enabled: z.boolean().optional() }),
      );
      find(call).workersDev = enabled;
      return { result: { enabled, previews_enabled: false } };
    }),
    route('PUT', `${scripts}/{}/schedules`, (call) => {
      const schedules = parseBody(call, z.array(z.strictObject({ cron: z.string() })));
      find(call).schedules = schedules.map(({ cron }) => cron);
      return { result: { schedules } };
    }),
  ];
}

const Origin = z.strictObject({ hostname: z.string() });
const Domains = z.strictObject({
  override_scope: z.boolean(),
  override_existing_origin: z.boolean(),
  override_existing_dns_record: z.boolean(),
  origins: z.array(Origin),
});

function domainRoutes(account: Account, find: (call: Call) => Script): Route[] {
  const workers = `/accounts/${account.id}/workers`;
  return [
    route('POST', `${workers}/scripts/{}/domains/changeset`, (call) => {
      const origins = parseBody(call, z.array(Origin));
      const isNew = ({ hostname }: { hostname: string }) => !account.domains.has(hostname);
      const updated = origins
        .filter((origin) => !isNew(origin))
        .map((origin) => ({ id: origin.hostname, modified: false, ...origin }));
      return { result: { added: origins.filter(isNew), removed: [], updated, conflicting: [] } };
    }),
    route('PUT', `${workers}/scripts/{}/domains/records`, (call) => {
      const { name } = find(call);
      for (const { hostname } of parseBody(call, Domains).origins) account.domains.set(hostname, name);
      return { result: null };
    }),
    route('GET', `${workers}/domains`, (call) => {
      const asked = call.query.get('hostname');
      const all = [...account.domains].filter(([hostname]) => asked === null || hostname === asked);
      return { result: all.map(([hostname, service]) => ({ id: hostname, hostname, service })) };
    }),
  ];
}

export function scriptRoutes(account: Account): Route[] {
  const workers = `/accounts/${account.id}/workers`;
  const find = (call: Call): Script => {
    const script = account.scripts.get(segment(call, 0));
    if (script === undefined)
      throw new ApiRefusal(404, 10_007, 'This Worker does not exist on your account.');
    return script;
  };
  return [
    ...uploadRoutes(account, find),
    ...settingRoutes(account, find),
    ...domainRoutes(account, find),
    route('GET', `${workers}/subdomain`, () => {
      if (account.subdomain === null)
        throw new ApiRefusal(404, 10_007, 'no workers.dev subdomain is registered');
      return { result: { subdomain: account.subdomain } };
    }),
    route('GET', `${workers}/services/{}`, (call) => {
      const { name, tag, migrationTag } = find(call);
      const script = { id: name, tag, tags: [], migration_tag: migrationTag, last_deployed_from: 'wrangler' };
      return { result: { id: name, default_environment: { environment: 'production', script } } };
    }),
    route('GET', `${workers}/workers/{}`, (call) => ({
      result: {
        id: segment(call, 0),
        subdomain: { enabled: find(call).workersDev, previews_enabled: false },
      },
    })),
    // Asked for at a deletion: namespaces of Workers Sites, which this account has none of.
    route('GET', `/accounts/${account.id}/storage/kv/namespaces`, () => ({ result: [] })),
    route('DELETE', `${workers}/services/{}`, (call) => {
      const { name } = find(call);
      const consumers = [...account.queues.values()].flatMap((queue) => queue.consumers);
      if (consumers.some(({ script }) => script === name))
        throw new ApiRefusal(400, 10_064, 'this Worker is a consumer for a Queue');
      account.scripts.delete(find(call).name);
      return { result: null };
    }),
  ];
}
