/** Reads forms, and finds the field that each sentence of an error is about. */
import type { Context } from 'hono';
import { z } from 'zod';
import { FieldProblem } from '../contract/api/envelope.ts';
import { AppError } from '../errors.ts';
import type { SiteEnv } from './site-env.ts';

/** What was typed, by the name of the field. A field that the form does not have is undefined. */
export type Typed = Partial<Record<string, string>>;
/** What is wrong, by the name of the field. */
export type Problems = Partial<Record<string, string>>;

/** The fields of a posted form. Files are left out, and of several values of one name the last one counts. */
export async function readForm(c: Context<SiteEnv>): Promise<Typed> {
  const entries = Object.entries(await c.req.parseBody());
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

const Details = z.object({ field: z.string().optional(), fields: z.array(FieldProblem).optional() });

/**
 * The sentences of an expected error, by field: the fields of forms have the names that they have in the API. `labels` are the names that
 * people read. A problem of no field of the form is under `form`. Throws any other error.
 */
export function problemsOf(error: unknown, labels: Readonly<Record<string, string>>): Problems {
  if (!(error instanceof AppError) || error.status >= 500) throw error;
  const { field, fields } = Details.parse(error.fields);
  const all = fields ?? [{ field: field ?? 'form', message: error.message }];
  return Object.fromEntries(
    // The first problem of each field.
    all.toReversed().map(({ field, message }) => {
      const [name = ''] = field.split('.');
      const known = Object.hasOwn(labels, name) ? name : 'form';
      return [known, readable(message, field, labels[name])];
    }),
  );
}

/** `bucket must be …` as `Bucket Name must be …`. */
function readable(message: string, field: string, label: string | undefined): string {
  if (label === undefined || !message.startsWith(field)) return message;
  const rest = message.slice(field.length).replace(/^:/, '');
  return `${label}${rest.startsWith(' ') ? rest : `: ${rest}`}`;
}
