/** What a value must be, in words, where a schema has no words of its own for it. Pure. */
import type { z } from 'zod';

type Issue = z.core.$ZodRawIssue;
type SizeIssue = Extract<Issue, { code: 'too_small' | 'too_big' }>;

const TYPES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

const FORMATS: Readonly<Record<string, string>> = {
  datetime: 'a date and time in ISO 8601, such as 2026-01-31T12:00:00Z',
  date: 'a date, such as 2026-01-31',
  email: 'an e-mail address',
  url: 'a URL',
  uuid: 'a UUID',
};

/** A sentence without its subject, which is the field: `must be a list`. */
export function issueSentence(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `must be ${TYPES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be ${oneOf(issue.values.map(String))}`;
    case 'too_small':
      return tooSmall(issue, Number(issue.minimum));
    case 'too_big':
      return `must ${sizeOf(issue, `${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`)}`;
    case 'invalid_format':
      return FORMATS[issue.format] ? `must be ${FORMATS[issue.format]}` : 'does not have the expected form';
    case 'invalid_union':
      // The options are those of the field that tells the forms apart.
      return Array.isArray(issue.options)
        ? `must be ${oneOf(issue.options.map(String))}`
        : ofUnion(issue.errors);
    case 'unrecognized_keys':
      return `has unknown fields: ${issue.keys.join(', ')}`;
    case 'custom':
    case 'invalid_element':
    case 'invalid_key':
    case 'not_multiple_of':
      return 'is not valid';
  }
}

function tooSmall(issue: SizeIssue & { code: 'too_small' }, minimum: number): string {
  if (issue.origin !== 'number' && minimum === 1) return 'must not be empty';
  return `must ${sizeOf(issue, `${issue.inclusive ? 'at least' : 'more than'} ${minimum}`)}`;
}

function sizeOf({ origin }: SizeIssue, limit: string): string {
  if (origin === 'string') return `have ${limit} characters`;
  return origin === 'array' ? `have ${limit} items` : `be ${limit}`;
}

function oneOf(words: readonly string[]): string {
  const others = words.slice(0, -1);
  return others.length === 0 ? `${words.at(-1)}` : `${others.join(', ')} or ${words.at(-1)}`;
}

/** A form that is wrong in its parts alone is the one that was meant. Otherwise all forms are named. */
function ofUnion(forms: readonly z.core.$ZodIssue[][]): string {
  const [meant] = forms.filter((issues) => issues.every(({ path }) => path.length > 0)).flat();
  if (meant) return `is not valid: ${meant.path.join('.')} ${meant.message}`;
  const whole = forms.flatMap((issues) => issues.filter(({ path }) => path.length === 0));
  const words = new Set(whole.map(({ message }) => message.replace(/^must be /, '')));
  return words.size === 0 ? 'is not valid' : `must be ${[...words].join(', or ')}`;
}
