/** Who the token belongs to and which accounts it sees. */
import type { Account } from '../account.ts';
import { route, type Route } from '../call.ts';

export function userRoutes(account: Account): Route[] {
  const listed = { id: account.id, name: 'Example account', type: 'standard' };
  const page = { page: 1, per_page: 50, count: 1, total_count: 1 };
  return [
    route('GET', '/user', () => ({ result: { id: 'user', email: 'operator@example.com' } })),
    route('GET', '/user/tokens/verify', () => ({ result: { id: 'token', status: 'active' } })),
    route('GET', '/accounts', () => ({ result: [listed], resultInfo: page })),
    route('GET', '/memberships', () => ({ result: [{ id: 'm', account: listed }], resultInfo: page })),
  ];
}
