import { createMiddleware } from 'hono/factory';
import type { Ctx, Principal } from '../context.ts';
import { parseIp } from '../contract/global-address.ts';
import { isInNetwork, parseNetwork } from '../contract/network.ts';
import type { ApiKeyRow } from '../db/rows.ts';
import { AppError } from '../errors.ts';
import type { AppEnv } from '../http/app-env.ts';
import { readBearer } from './bearer.ts';
import { findKey, type FoundKey } from './keys/api-key.ts';
import { windowsOf } from './keys/limit-windows.ts';
import { noteUse } from './keys/note-use.ts';

/** Cloudflare sets it to the address of the client and replaces what a client sends. So does the front of a local Worker. */
const CLIENT_ADDRESS = 'cf-connecting-ip';

/**
 * Requires an API key that is in force, and sets `principal`. AppError `unauthorized`, or `key_address_not_allowed` when
 * the key is limited to other addresses. No configuration disables this check.
 */
export function requireApiKey(ctx: Ctx) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const key = readBearer(c.req.header('authorization'));
    const found = key === null ? null : await findKey(ctx.db, key);
    if (found === null) throw new AppError('unauthorized');
    refuseExpired(found.row, ctx.now());
    refuseAddress(found.row, c.req.header(CLIENT_ADDRESS));
    noteUse(ctx, found.row);
    c.set('principal', principalOf(found));
    await next();
  });
}

function principalOf({ row, workspace }: FoundKey): Principal {
  const { id, workspaceId, scopes } = row;
  return { workspaceId, actor: { type: 'key', id }, scopes, ...workspace, ownLimits: windowsOf(row) };
}

function refuseExpired({ expiresAt }: ApiKeyRow, now: number): void {
  if (expiresAt === null || expiresAt > now) return;
  throw new AppError('unauthorized', `The API key expired at ${new Date(expiresAt).toISOString()}.`);
}

/** A request whose address is unknown is refused too. */
function refuseAddress({ allowedAddresses }: ApiKeyRow, client: string | undefined): void {
  if (allowedAddresses === null) return;
  const address = parseIp(client ?? '');
  const networks = allowedAddresses.map(parseNetwork).filter((network) => network !== null);
  if (address !== null && networks.some((network) => isInNetwork(network, address))) return;
  throw new AppError('key_address_not_allowed');
}
