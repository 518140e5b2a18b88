/** The site as a signed-in person sees it. */
import { createApp } from '../../../../worker/app.ts';
import type { Ctx } from '../../../../worker/context.ts';
import type { Role } from '../../../../worker/db/tables/members.ts';
import { makePerson, type Person } from '../../support/people.ts';

export interface Page {
  status: number;
  headers: Headers;
  html: string;
  /** Where a redirect leads. */
  location: string | null;
  /** The message that the next page shows. */
  flash: string | null;
}

export interface TestSite extends Person {
  get: (path: string) => Promise<Page>;
  /** Sends a form. */
  post: (path: string, fields?: Record<string, string>, headers?: Record<string, string>) => Promise<Page>;
}

/** A person, by default the owner of a new workspace, and what they do in the browser. */
export async function makeSite(
  ctx: Ctx,
  options: { workspaceId?: string; role?: Role } = {},
): Promise<TestSite> {
  const person = await makePerson(ctx, options);
  const cookie = person.cookies.map((line) => line.split(';')[0]).join('; ');
  const app = createApp(ctx);
  const send = async (path: string, init: RequestInit = {}): Promise<Page> => {
    const headers = { cookie, Accept: 'text/html', ...(init.headers as Record<string, string>) };
    return toPage(await app.request(path, { ...init, headers }));
  };
  return {
    ...person,
    get: (path) => send(path),
    post: (path, fields = {}, headers = {}) =>
      send(path, {
        method: 'POST',
        headers: { 'Sec-Fetch-Site': 'same-origin', ...headers },
        body: new URLSearchParams(fields),
      }),
  };
}

async function toPage(answer: Response): Promise<Page> {
  const { status, headers } = answer;
  const cookie = headers.getSetCookie().find((one) => one.startsWith('__Host-flash=%'));
  const flash = cookie === undefined ? null : decodeURIComponent(cookie.slice(0, cookie.indexOf(';')));
  return { status, headers, html: await answer.text(), location: headers.get('Location'), flash };
}

/** The values that the form of a page shows, by field. */
export function valuesOf({ html }: Page): Record<string, string> {
  const inputs = [...html.matchAll(/<input[^>]*\sname="(\w+)"[^>]*>/g)];
  return Object.fromEntries(inputs.map(([tag, name]) => [name!, /\svalue="([^"]*)"/.exec(tag)?.[1] ?? '']));
}
