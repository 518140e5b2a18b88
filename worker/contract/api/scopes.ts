/** Scopes: what an API key or a signed-in user may do. */
import { z } from 'zod';

export const Scope = z.enum(['imports:read', 'imports:write', 'storage', 'webhooks', 'usage', 'admin']);
export type Scope = z.infer<typeof Scope>;

/** Every scope. A key has them unless it is created with fewer. */
export const ALL_SCOPES: readonly Scope[] = Scope.options;
