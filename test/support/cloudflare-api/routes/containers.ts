/** Container applications and the credentials of the image registry. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Account, Application } from '../account.ts';
import { ApiRefusal, route, segment, type Call, type Route } from '../call.ts';
import { parseBody } from '../parse-body.ts';

const Configuration = z.strictObject({
  image: z.string(),
  instance_type: z.enum(['lite', 'basic', 'standard-1', 'standard-2', 'standard-3', 'standard-4']),
  observability: z.strictObject({ logs: z.strictObject({ enabled: z.boolean() }) }).optional(),
  wrangler_ssh: z.unknown().optional(),
});
const shared = {
  configuration: Configuration,
  observability: z.strictObject({ logs: z.strictObject({ enabled: z.boolean() }) }).optional(),
  max_instances: z.int().min(1),
  constraints: z.unknown().optional(),
  scheduling_policy: z.literal('default'),
  rollout_active_grace_period: z.int().optional(),
};
const Create = z.strictObject({
  ...shared,
  name: z.string(),
  instances: z.literal(0),
  durable_objects: z.strictObject({ namespace_id: z.string() }),
});
const Modify = z.strictObject(shared);

const Credentials = z.strictObject({
  expiration_minutes: z.int().max(60),
  permissions: z.array(z.enum(['push', 'pull'])),
});

const LIMITS = { vcpu_per_deployment: 4, memory_mib_per_deployment: 12_288, disk_mb_per_deployment: 20_000 };

export function containerRoutes(account: Account): Route[] {
  const base = `/accounts/${account.id}/containers`;
  const find = (call: Call): Application => {
    const found = [...account.applications.values()].find(({ id }) => id === segment(call, 0));
    if (found === undefined) throw new ApiRefusal(404, 1000, 'APPLICATION_NOT_FOUND');
    return found;
  };
  const create = (call: Call): Application => {
    const asked = parseBody(call, Create);
    if (account.applications.has(asked.name)) throw new ApiRefusal(400, 1000, 'an application has that name');
    const namespaces = [...account.scripts.values()].flatMap((script) => [...script.namespaces.values()]);
    if (!namespaces.includes(asked.durable_objects.namespace_id))
      throw new ApiRefusal(400, 1000, 'no such namespace');
    return { id: randomUUID(), ...asked };
  };
  return [
    route('GET', `${base}/me`, () => ({ result: { external_account_id: account.id, limits: LIMITS } })),
    route('POST', `${base}/registries/{}/credentials`, (call) => {
      parseBody(call, Credentials);
      return {
        result: {
          account_id: account.id,
          registry_host: segment(call, 0),
          username: 'v1',
          password: 'short',
        },
      };
    }),
    route('GET', `${base}/applications`, (call) => {
      const name = call.query.get('name');
      return {
        result: [...account.applications.values()].filter((app) => name === null || app.name === name),
      };
    }),
    route('POST', `${base}/applications`, (call) => {
      const application = create(call);
      account.applications.set(application.name, application);
      return { result: application };
    }),
    route('PATCH', `${base}/applications/{}`, (call) => ({
      result: Object.assign(find(call), parseBody(call, Modify)),
    })),
    route('DELETE', `${base}/applications/{}`, (call) => {
      account.applications.delete(find(call).name);
      return { result: null };
    }),
    route('POST', `${base}/applications/{}/rollouts`, (call) => ({
      result: { id: randomUUID(), application_id: find(call).id },
    })),
  ];
}
