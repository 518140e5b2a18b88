/** Turns errors of zod into an error that names the wrong fields. */
import { z } from 'zod';
import { invalidFields, type AppError } from '../errors.ts';
import type { FieldProblem } from '../contract/api/envelope.ts';
import { issueSentence } from '../contract/issue-sentence.ts';
import { nearestName } from './nearest-name.ts';

// Before any request is parsed. A message that a schema gives comes before these.
z.config({ localeError: issueSentence });

type Issue = z.core.$ZodIssue;

/**
 * An AppError `invalid_request` that names every wrong field with its first problem. `knownFields` are suggested in
 * place of a mistyped field.
 */
export function toInvalidRequest(error: z.core.$ZodError, knownFields: readonly string[] = []): AppError {
  const problems = error.issues.flatMap((issue) => describe(issue, knownFields));
  const [first, ...rest] = problems.filter(isFirstOfItsField);
  return invalidFields([first ?? { field: 'body', message: 'body: not valid' }, ...rest]);
}

function isFirstOfItsField({ field }: FieldProblem, index: number, problems: FieldProblem[]): boolean {
  return problems.findIndex((problem) => problem.field === field) === index;
}

function describe(issue: Issue, knownFields: readonly string[]): FieldProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => describeUnknown([...issue.path, key].join('.'), key, knownFields));
  }
  const field = issue.path.join('.') || 'body';
  return [{ field, message: describeValue(issue.message, { field, name: String(issue.path.at(-1)) }) }];
}

function describeUnknown(field: string, key: string, knownFields: readonly string[]): FieldProblem {
  const nearest = nearestName(key, knownFields);
  const advice = nearest === null ? '' : `; did you mean ${nearest}?`;
  return { field, message: `${field}: unknown field${advice}` };
}

/** Some messages begin with the name of the field, some with its verb. */
function describeValue(message: string, { field, name }: { field: string; name: string }): string {
  if (message.startsWith(`${name} `)) return `${field}${message.slice(name.length)}`;
  return /^(?:must|is|does|has) /.test(message) ? `${field} ${message}` : `${field}: ${message}`;
}
