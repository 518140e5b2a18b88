/** Parts that the definitions of all routes for API keys share. */
import { requireScope } from '../auth/require-scope.ts';
import type { Scope } from '../contract/api/scopes.ts';
import type { Code } from '../contract/codes.ts';
import { errorResponses } from './responses.ts';

/** Members of a route definition that requires this scope: the check and its description. */
export function needsScope(scope: Scope) {
  return { security: [{ apiKey: [scope] }], middleware: requireScope(scope) };
}

/** The error answers of a route for API keys. */
export function keyErrorResponses(...codes: Code[]) {
  return errorResponses('unauthorized', 'insufficient_scope', ...codes);
}
