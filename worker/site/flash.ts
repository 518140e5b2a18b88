/** One message for the next page: what the form of the last page did. */
import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import type { SiteEnv } from './site-env.ts';

const COOKIE = '__Host-flash';
const ATTRIBUTES = { path: '/', httpOnly: true, secure: true, sameSite: 'Lax' } as const;
const MINUTE_SECONDS = 60;

const Flash = z.strictObject({ kind: z.enum(['done', 'problem']), text: z.string().max(500) });
export type Flash = z.infer<typeof Flash>;

/** Shows the message on the next page of this browser. */
export function setFlash(c: Context<SiteEnv>, flash: Flash): void {
  setCookie(c, COOKIE, JSON.stringify(flash), { ...ATTRIBUTES, maxAge: MINUTE_SECONDS });
}

/** The message for this page, which no other page shows again. */
export function takeFlash(c: Context<SiteEnv>): Flash | null {
  const cookie = getCookie(c, COOKIE);
  if (cookie === undefined) return null;
  setCookie(c, COOKIE, '', { ...ATTRIBUTES, maxAge: 0 });
  return parseFlash(cookie);
}

function parseFlash(text: string): Flash | null {
  try {
    return Flash.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** Answers a form: the browser reads the page at `path`, which shows the message. */
export function redirectWith(c: Context<SiteEnv>, path: string, flash: Flash): Response {
  setFlash(c, flash);
  return c.redirect(path, 303);
}

/** What `act` answers. An expected error is the message of the page at `path` instead; that something does not exist is a page of its own. */
export async function orProblem(
  c: Context<SiteEnv>,
  path: string,
  act: () => Promise<Response>,
): Promise<Response> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof AppError) || error.status >= 500 || error.status === 404) throw error;
    return redirectWith(c, path, { kind: 'problem', text: error.message });
  }
}
