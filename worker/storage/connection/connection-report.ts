/** What Test Connection says, check by check. */
import { z } from '@hono/zod-openapi';
import type { Code } from '../../contract/codes.ts';
import { FailureCode, toPublicFailure } from '../../contract/failure.ts';
import type { AppError } from '../../errors.ts';
import { toFailure } from '../../to-failure.ts';

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

/** As it should be. */
export function pass(name: CheckName, message: string): ConnectionCheck {
  return { name, status: 'pass', message, hint: null, code: null };
}

/** Works, with a limit. */
export function warn(
  name: CheckName,
  message: string,
  hint: string,
  code: Code | null = null,
): ConnectionCheck {
  return { name, status: 'warn', message, hint, code };
}

/** The sentence and the hint that an import would carry; a better hint where the test knows more. */
export function fail(name: CheckName, error: AppError, hint?: string): ConnectionCheck {
  const failure = toPublicFailure(toFailure(error));
  return { name, status: 'fail', message: failure.message, hint: hint ?? failure.hint, code: failure.code };
}

/** The refusal of something that imports can do without. */
export function warnOf(name: CheckName, error: AppError, limit: string, hint: string): ConnectionCheck {
  return warn(name, `${limit} (${error.message})`, hint, error.code);
}

/** True when imports cannot work. */
export function hasFailed(checks: ConnectionCheck[]): boolean {
  return checks.some(({ status }) => status === 'fail');
}
