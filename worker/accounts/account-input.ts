/** What people type into the forms of accounts, parsed. Problems are sentences that a page shows beside the field. */
import { z } from 'zod';
import { stripControls } from '../contract/plain-text.ts';
import { invalidFields } from '../errors.ts';
import { MAX_PASSWORD_CHARACTERS, MIN_PASSWORD_CHARACTERS } from './auth.ts';

const MAX_NAME_CHARACTERS = 100;
const MAX_EMAIL_CHARACTERS = 254;

/** In lower case, as users are stored. */
export const Email = z
  .string()
  .trim()
  .toLowerCase()
  .max(MAX_EMAIL_CHARACTERS, 'Enter a shorter e-mail address.')
  .pipe(z.email('Enter an e-mail address, such as name@example.com.'));

/** The name of a person or a workspace. */
export const Name = z
  .string()
  .trim()
  .min(1, 'Enter a name.')
  .max(MAX_NAME_CHARACTERS, `Enter at most ${MAX_NAME_CHARACTERS} characters.`)
  .refine((name) => stripControls(name) === name, 'Enter a name without control characters.');

export const NewPassword = z
  .string()
  .min(MIN_PASSWORD_CHARACTERS, `Choose a password of at least ${MIN_PASSWORD_CHARACTERS} characters.`)
  .max(MAX_PASSWORD_CHARACTERS, `Choose a password of at most ${MAX_PASSWORD_CHARACTERS} characters.`);

/** A person who makes an account. */
export const NewAccount = z.object({ name: Name, email: Email, password: NewPassword });
export type NewAccount = z.infer<typeof NewAccount>;

/** The parsed input. AppError `invalid_request` with the first problem of each field. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const problems = new Map<string, string>();
  for (const { path, message } of result.error.issues)
    if (!problems.has(path.join('.'))) problems.set(path.join('.'), message);
  const [first, ...rest] = [...problems].map(([field, message]) => ({ field, message }));
  throw invalidFields([first ?? { field: 'body', message: 'The form is not valid.' }, ...rest]);
}
