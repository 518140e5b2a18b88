/** better-auth: passwords and sessions. Its HTTP handler is not mounted; the verbs of this room call its functions. */
import { betterAuth } from 'better-auth/minimal';
import { drizzleAdapter } from 'better-auth/adapters/drizzle';
import type { Ctx } from '../context.ts';
import { errorText } from '../error-text.ts';
import { AppError } from '../errors.ts';
import { sessions, signInMethods, users } from '../db/tables/accounts.ts';
import { uuidV7 } from '../ids.ts';

/** Browsers accept a cookie of this name only from the host itself, over https or from their own machine. */
export const SESSION_COOKIE = '__Host-importly-session';
/** A session ends this long after its sign-in. */
const SESSION_SECONDS = 30 * 86_400;
export const MIN_PASSWORD_CHARACTERS = 12;
export const MAX_PASSWORD_CHARACTERS = 128;

const makeAuth = (ctx: Ctx, secret: string) =>
  betterAuth({
    secret,
    baseURL: ctx.config.PUBLIC_URL,
    database: drizzleAdapter(ctx.db, {
      provider: 'sqlite',
      schema: { user: users, session: sessions, account: signInMethods },
    }),
    emailAndPassword: {
      enabled: true,
      // Verbs of this room insert users, in the batch that uses up their link.
      disableSignUp: true,
      minPasswordLength: MIN_PASSWORD_CHARACTERS,
      maxPasswordLength: MAX_PASSWORD_CHARACTERS,
    },
    session: {
      expiresIn: SESSION_SECONDS,
      // Reading a session writes nothing. Without a cookie cache, an ended session is refused at once.
      disableSessionRefresh: true,
      // The list of sessions needs no recent sign-in.
      freshAge: 0,
      additionalFields: { workspaceId: { type: 'string', required: false, input: false } },
    },
    advanced: {
      // The prefix is part of the name, because the library only knows `__Secure-`.
      useSecureCookies: false,
      defaultCookieAttributes: { secure: true, httpOnly: true, sameSite: 'lax', path: '/' },
      cookiePrefix: 'importly',
      cookies: { session_token: { name: SESSION_COOKIE } },
      // The tables have no columns for sign-in through other services, which the check of the library wants.
      database: { generateId: () => uuidV7(Date.now()), validateSchema: false },
      ipAddress: { ipAddressHeaders: ['cf-connecting-ip'] },
      backgroundTasks: { handler: (work) => ctx.background(work.then(ignore, ignore)) },
    },
    // Verbs count attempts: the limits of the library belong to its handler.
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: {
      level: 'error',
      // Without the further arguments, which may hold rows.
      log: (_level, message) => ctx.log.error('account.library_error', { error: errorText(message) }),
    },
  });

export type Auth = ReturnType<typeof makeAuth>;

/** Building it takes milliseconds. */
const known = new WeakMap<Ctx, Auth>();

/** The instance of this context. AppError `accounts_not_configured` without AUTH_SECRET. */
export function authOf(ctx: Ctx): Auth {
  const found = known.get(ctx);
  if (found) return found;
  const made = makeAuth(ctx, requireAuthSecret(ctx));
  known.set(ctx, made);
  return made;
}

/** AppError `accounts_not_configured` without AUTH_SECRET. */
export function requireAuthSecret({ config }: Pick<Ctx, 'config'>): string {
  if (config.AUTH_SECRET === undefined) throw new AppError('accounts_not_configured');
  return config.AUTH_SECRET;
}

function ignore(): void {}
