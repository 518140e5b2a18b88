/** What Test Connection reports, check by check. */
import { z } from 'zod';
import { FailureCode } from '../failure.ts';

const CheckName = z.enum([
  'address',
  'dns',
  'tls',
  'endpoint',
  'clock',
  'credentials',
  'bucket',
  'region',
  'write',
  'headers',
  'multipart',
  'abort',
  'checksums',
  'conditionalWrites',
  'read',
  'visitors',
  'cors',
  'delete',
]);
export type CheckName = z.infer<typeof CheckName>;

const ConnectionCheck = z.strictObject({
  name: CheckName,
  status: z.enum(['pass', 'warn', 'fail']).meta({
    description: '`warn`: imports work, with the limit that the message names. `fail`: they do not.',
  }),
  message: z.string(),
  hint: z.string().nullable().meta({ description: 'What to change; null when there is nothing.' }),
  code: FailureCode.nullable().meta({ description: 'The code that an import would carry.' }),
});
export type ConnectionCheck = z.infer<typeof ConnectionCheck>;

/** Null: could not be found out, because nothing could be stored. */
export const ConnectionReport = z
  .strictObject({
    ok: z.boolean().meta({ description: 'Whether imports can be stored: no check has failed.' }),
    checks: z.array(ConnectionCheck).meta({
      description:
        'In the order in which they were made; after a failure those that depend on it are left out.',
    }),
    publiclyReadable: z
      .boolean()
      .nullable()
      .meta({ description: 'Whether anybody may read an object by its plain URL; null: not found out.' }),
    cors: z
      .boolean()
      .nullable()
      .meta({ description: 'Whether pages of any origin may read it in a browser; null: not found out.' }),
  })
  .meta({ id: 'ConnectionReport' });
export type ConnectionReport = z.infer<typeof ConnectionReport>;
