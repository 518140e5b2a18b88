/** Parts that the definitions of all routes for API keys share. */
import { requireOperator } from '../auth/require-operator.ts';
import { requireScope } from '../auth/require-scope.ts';
import type { Scope } from '../contract/api/scopes.ts';
import type { Code } from '../contract/codes.ts';
import { answerWithTag } from '../http/answer-with-tag.ts';
import { errorResponses } from './responses.ts';

/** Members of a route definition that requires this scope: the check and its description. */
export function needsScope(scope: Scope) {
  return { security: [{ apiKey: [scope] }], middleware: requireScope(scope) };
}

/** The same for a status that clients poll: its answers have an ETag. */
export function needsScopeToPoll(scope: Scope) {
  return { ...needsScope(scope), middleware: [requireScope(scope), answerWithTag] };
}

/** Members of a route definition for the person who runs the service: an admin key of the operator's workspace. */
export function needsOperator() {
  return { security: [{ apiKey: ['admin'] }], middleware: [requireScope('admin'), requireOperator] };
}

/** The error answers of a route for API keys. */
export function keyErrorResponses(...codes: Code[]) {
  return errorResponses(
    'unauthorized',
    'insufficient_scope',
    'key_address_not_allowed',
    'rate_limited',
    ...codes,
  );
}
