/** The form of a new API key: from the typed text to the input of the API. Pure. */
import { KeyInput } from '../../../contract/api/keys.ts';
import { ALL_SCOPES, type Scope } from '../../../contract/api/scopes.ts';
import { toInvalidRequest } from '../../../http/invalid-request.ts';
import type { Typed } from '../../forms.ts';

export const LABELS = {
  name: 'Name',
  scopes: 'What it may do',
  expiresAt: 'Ends',
  allowedAddresses: 'Allowed addresses',
} as const;

/** What each scope allows, in words. */
export const SCOPES: Readonly<Record<Scope, string>> = {
  'imports:read': 'See imports and metadata',
  'imports:write': 'Start, cancel and delete imports',
  storage: 'Change storage settings',
  webhooks: 'Manage webhooks',
  usage: 'See usage and cost',
  admin: 'Manage API keys',
};

const DAY_MS = 86_400_000;
/** Days until the end, by the value of the choice. */
export const ENDS = [
  ['', 'Never'],
  ['30', 'In 30 days'],
  ['90', 'In 90 days'],
  ['365', 'In a year'],
] as const;

/** The name of a checkbox. */
export const scopeField = (scope: Scope): string => `scope-${scope}`;

/** The input of the verb. AppError `invalid_request` as in the API. */
export function toKeyInput(typed: Typed, now: number): KeyInput {
  const { name = '', days = '', allowedAddresses = '' } = typed;
  const lines = allowedAddresses.split(/[\s,]+/).filter((line) => line !== '');
  const parsed = KeyInput.safeParse({
    name,
    scopes: ALL_SCOPES.filter((scope) => typed[scopeField(scope)] !== undefined),
    ...(/^\d{1,4}$/.test(days) && { expiresAt: new Date(now + Number(days) * DAY_MS).toISOString() }),
    ...(lines.length > 0 && { allowedAddresses: lines }),
  });
  if (parsed.success) return parsed.data;
  throw toInvalidRequest(parsed.error);
}
