/** What Test Connection reports, check by check. */
import { z } from 'zod';
import { FailureCode } from '../../failure.ts';

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
  name: CheckName.meta({ description: 'What was checked.', example: 'write' }),
  status: z.enum(['pass', 'warn', 'fail']).meta({
    description: '`warn`: imports work, with the restriction in the message. `fail`: imports do not work.',
  }),
  message: z.string().meta({
    description: 'The result in a sentence.',
    example: 'An object was stored with the settings of an import.',
  }),
  hint: z.string().nullable().meta({ description: 'What to change; null when nothing needs to change.' }),
  code: FailureCode.nullable().meta({ description: 'The error code that an import would have.' }),
});
export type ConnectionCheck = z.infer<typeof ConnectionCheck>;

export const ConnectionReport = z
  .strictObject({
    ok: z.boolean().meta({ description: 'Whether imports can be stored: true when no check failed.' }),
    checks: z.array(ConnectionCheck).meta({
      description: 'In the order in which they ran. Checks that depend on a failed check are omitted.',
    }),
    publiclyReadable: z.boolean().nullable().meta({
      description:
        'Whether everyone can read an object by its plain URL. Null when nothing could be stored to find out.',
      example: false,
    }),
    cors: z.boolean().nullable().meta({
      description:
        'Whether pages of any origin can read an object in a browser. Null when nothing could be stored to find out.',
      example: false,
    }),
  })
  .meta({ id: 'ConnectionReport', description: 'What Test Connection found.' });
export type ConnectionReport = z.infer<typeof ConnectionReport>;
