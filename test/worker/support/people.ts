/** People with accounts, and the requests of their browsers. Rows are inserted directly, because hashing a password takes long. */
import { authOf, SESSION_COOKIE } from '../../../worker/accounts/auth.ts';
import { makeOwnerLink } from '../../../worker/accounts/links/make-link.ts';
import { hashPassword } from '../../../worker/accounts/new-user.ts';
import { readSession, type SiteSession } from '../../../worker/accounts/site-session.ts';
import type { Ctx } from '../../../worker/context.ts';
import { signInMethods, users } from '../../../worker/db/tables/accounts.ts';
import { members, type Role } from '../../../worker/db/tables/members.ts';
import { makeWorkspace } from './rows.ts';

export const PASSWORD = 'a long enough password';
let people = 0;
let passwordHash: Promise<string> | undefined;

export interface Person {
  userId: string;
  email: string;
  workspaceId: string;
  /** Values of Set-Cookie of a session. */
  cookies: string[];
  token: string;
}

/** An address that no other test uses. */
export function newEmail(): string {
  people += 1;
  return `person-${people}@example.com`;
}

/** A request of a browser with these cookies. */
export function pageRequest(cookies: string[] = [], headers: Record<string, string> = {}): Request {
  const cookie = cookies.map((line) => line.split(';')[0]).join('; ');
  return new Request('http://127.0.0.1:8787/dashboard', {
    headers: { 'cf-connecting-ip': '192.0.2.1', ...(cookie && { cookie }), ...headers },
  });
}

/** A person who is signed in: by default the owner of a new workspace. The password is PASSWORD. */
export async function makePerson(
  ctx: Ctx,
  { workspaceId: given, role = 'owner' }: { workspaceId?: string; role?: Role } = {},
): Promise<Person> {
  const workspaceId = given ?? (await makeWorkspace(ctx));
  const userId = ctx.newId();
  const email = newEmail();
  const at = new Date(ctx.now());
  const times = { createdAt: at, updatedAt: at };
  passwordHash ??= hashPassword(ctx, PASSWORD);
  const password = await passwordHash;
  await ctx.db.batch([
    ctx.db.insert(users).values({ id: userId, name: 'Ada', email, ...times }),
    ctx.db
      .insert(signInMethods)
      .values({ id: userId, userId, providerId: 'credential', accountId: userId, password, ...times }),
    ctx.db.insert(members).values({ workspaceId, userId, role, createdAt: ctx.now() }),
  ]);
  return { userId, email, workspaceId, ...(await makeSession(ctx, userId)) };
}

/** A further session of a user. */
export async function makeSession(ctx: Ctx, userId: string): Promise<Pick<Person, 'cookies' | 'token'>> {
  const { internalAdapter, secret } = await authOf(ctx).$context;
  const { token } = await internalAdapter.createSession(userId);
  const bytes = new TextEncoder();
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', bytes.encode(secret), hmac, false, ['sign']);
  const signature = new Uint8Array(await crypto.subtle.sign('HMAC', key, bytes.encode(token)));
  const value = `${token}.${btoa(String.fromCharCode(...signature))}`;
  return { token, cookies: [`${SESSION_COOKIE}=${encodeURIComponent(value)}`] };
}

/** The owner of a new workspace of an operator. */
export async function makeOperator(ctx: Ctx): Promise<Person> {
  return makePerson(ctx, { workspaceId: await makeWorkspace(ctx, { isOperator: true }) });
}

/** The session of a person. Throws when there is none. */
export async function sessionOf(ctx: Ctx, { cookies }: { cookies: string[] }): Promise<SiteSession> {
  const session = await readSession(ctx, pageRequest(cookies));
  if (!session) throw new Error('there is no session');
  return session;
}

/** The token of a link that the operator made for an owner. */
export async function ownerToken(ctx: Ctx): Promise<string> {
  const { path, statements } = await makeOwnerLink(ctx.now());
  const { $client } = ctx.db;
  await $client.batch(statements.map((sql) => $client.prepare(sql)));
  return path.slice('/setup/'.length);
}
