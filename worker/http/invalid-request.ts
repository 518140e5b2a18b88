/** Turns errors of zod into an error that names the wrong fields. */
import type { z } from 'zod';
import { invalidFields, type AppError } from '../errors.ts';
import type { FieldProblem } from '../contract/api/envelope.ts';
import { nearestName } from './nearest-name.ts';

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
  return [{ field, message: describeValue(issue, field) }];
}

function describeUnknown(field: string, key: string, knownFields: readonly string[]): FieldProblem {
  const nearest = nearestName(key, knownFields);
  const advice = nearest === null ? '' : `; did you mean ${nearest}?`;
  return { field, message: `${field}: unknown field${advice}` };
}

function describeValue(issue: Issue, field: string): string {
  // The only sign in zod's error that the field is missing.
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) {
    return `${field} is missing`;
  }
  // Some messages of our schemas already start with the field.
  return issue.message.startsWith(`${field} `) ? issue.message : `${field}: ${issue.message}`;
}
