import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { Ctx, Principal } from '../context.ts';
import { parseIp } from '../contract/global-address.ts';
import { isInNetwork, parseNetwork } from '../contract/network.ts';
import { runBound, type Bound } from '../db/prepared.ts';
import type { ApiKeyRow } from '../db/rows.ts';
import { AppError } from '../errors.ts';
import type { AppEnv } from '../http/app-env.ts';
import { readBearer } from './bearer.ts';
import { hashApiKey, isKeyForm, selectKey, type FoundKey } from './keys/api-key.ts';
import { windowsOf } from './keys/limit-windows.ts';
import { noteUse } from './keys/note-use.ts';
import { createRecentKeys } from './keys/recent-keys.ts';

/** Cloudflare sets it to the address of the client and replaces what a client sends. So does the front of a local Worker. */
const CLIENT_ADDRESS = 'cf-connecting-ip';

/** What a request reads in the same call of D1 as its key. */
export interface ReadAhead {
  /** `keyHash` is the hash of the key. */
  statement: (keyHash: string) => Bound<unknown>;
  /** Takes the rows. */
  keep: (rows: unknown[]) => void;
  /** A poll may use a key that was read within the last seconds. Then its statement is not run. */
  isPoll: boolean;
}

/**
 * Requires an API key that is in force, and sets `principal`. AppError `unauthorized`, or `key_address_not_allowed` when
 * the key is limited to other addresses. No configuration disables this check. The key is read from D1, so a revoked key is
 * refused at once; but a poll may use a key that was read within the last seconds. `aheadOf` says what a request reads with its key.
 */
export function requireApiKey(ctx: Ctx, aheadOf: (c: Context<AppEnv>) => ReadAhead | null = () => null) {
  const recent = createRecentKeys();
  return createMiddleware<AppEnv>(async (c, next) => {
    const key = readBearer(c.req.header('authorization'));
    if (key === null || !isKeyForm(key)) throw new AppError('unauthorized');
    const hash = await hashApiKey(key);
    const ahead = aheadOf(c);
    const isPoll = ahead?.isPoll === true;
    const known = isPoll ? recent.get(hash, ctx.now()) : undefined;
    const found = known ?? (await readKey(ctx, hash, ahead));
    if (found === null) throw new AppError('unauthorized');
    refuseExpired(found.row, ctx.now());
    refuseAddress(found.row, c.req.header(CLIENT_ADDRESS));
    noteUse(ctx, found.row);
    if (isPoll && !known) recent.keep(hash, found, ctx.now());
    c.set('principal', principalOf(found));
    await next();
  });
}

async function readKey(ctx: Ctx, hash: string, ahead: ReadAhead | null): Promise<FoundKey | null> {
  const select = selectKey(ctx.db, { hash });
  if (!ahead) return (await runBound(ctx.db, [select]))[0][0] ?? null;
  const [[found], rows] = await runBound(ctx.db, [select, ahead.statement(hash)]);
  ahead.keep(rows);
  return found ?? null;
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
