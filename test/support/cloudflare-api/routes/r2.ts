/** R2 buckets and their lifecycle rules. */
import { z } from 'zod';
import type { Account, Bucket } from '../account.ts';
import { ApiRefusal, route, segment, type Call, type Route } from '../call.ts';
import { parseBody } from '../parse-body.ts';

const Create = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/),
  storageClass: z.enum(['Standard', 'InfrequentAccess']).optional(),
  locationHint: z.string().optional(),
});
const Age = z.strictObject({ type: z.literal('Age'), maxAge: z.int() });
const Rule = z.strictObject({
  id: z.string(),
  enabled: z.boolean(),
  conditions: z.strictObject({ prefix: z.string().optional() }),
  deleteObjectsTransition: z.strictObject({ condition: Age }).optional(),
  abortMultipartUploadsTransition: z.strictObject({ condition: Age }).optional(),
});

export function r2Routes(account: Account): Route[] {
  const base = `/accounts/${account.id}/r2/buckets`;
  const find = (call: Call): Bucket => {
    const bucket = account.buckets.get(segment(call, 0));
    if (bucket === undefined) throw new ApiRefusal(404, 10_006, 'The specified bucket does not exist.');
    return bucket;
  };
  const describe = ({ name }: Bucket) => ({
    name,
    creation_date: '2026-11-01T00:00:00.000Z',
    location: 'WEUR',
  });
  return [
    route('POST', base, (call) => {
      const { name } = parseBody(call, Create);
      if (account.buckets.has(name))
        throw new ApiRefusal(409, 10_004, 'The bucket you tried to create already exists, and you own it.');
      const bucket = { name, objects: 0, lifecycleRules: [] };
      account.buckets.set(name, bucket);
      return { result: describe(bucket) };
    }),
    route('GET', `${base}/{}`, (call) => ({ result: describe(find(call)) })),
    route('DELETE', `${base}/{}`, (call) => {
      const bucket = find(call);
      if (bucket.objects > 0)
        throw new ApiRefusal(409, 10_008, 'The bucket you tried to delete is not empty.');
      account.buckets.delete(bucket.name);
      return { result: {} };
    }),
    route('GET', `${base}/{}/lifecycle`, (call) => ({ result: { rules: find(call).lifecycleRules } })),
    route('PUT', `${base}/{}/lifecycle`, (call) => {
      find(call).lifecycleRules = parseBody(call, z.strictObject({ rules: z.array(Rule) })).rules;
      return { result: {} };
    }),
  ];
}
