/** A browser of a visitor: keeps cookies, and follows redirects to read their pages. */
import { createApp } from '../../../../worker/app.ts';
import type { Ctx } from '../../../../worker/context.ts';

export interface Shown {
  status: number;
  /** The path of the page, after redirects. */
  path: string;
  html: string;
}

export interface Browser {
  cookies: Map<string, string>;
  get: (path: string) => Promise<Shown>;
  /** Sends a form and follows its redirect. */
  post: (path: string, fields?: Record<string, string>) => Promise<Shown>;
}

const ORIGIN = 'http://localhost';

/** A browser at this address, with these cookies (values of Set-Cookie). */
export function makeBrowser(ctx: Ctx, { address = '192.0.2.1', cookies = [] as string[] } = {}): Browser {
  const app = createApp(ctx);
  const jar = new Map<string, string>();
  const keep = (lines: string[]) => {
    for (const line of lines) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/Max-Age=0/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
  };
  keep(cookies);
  const send = async (path: string, init: RequestInit = {}): Promise<Shown> => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = {
      Accept: 'text/html',
      'CF-Connecting-IP': address,
      'Sec-Fetch-Site': 'same-origin',
      ...(cookie && { Cookie: cookie }),
    };
    const answer = await app.request(path, { ...init, headers });
    keep(answer.headers.getSetCookie());
    const to = answer.headers.get('Location');
    if (to !== null) return send(new URL(to, ORIGIN + path).href.slice(ORIGIN.length));
    return { status: answer.status, path, html: await answer.text() };
  };
  return {
    cookies: jar,
    get: (path) => send(path),
    post: (path, fields = {}) => send(path, { method: 'POST', body: new URLSearchParams(fields) }),
  };
}

/** The fields of the form on a page, by name. */
export function fieldsOf({ html }: Shown): Record<string, string> {
  const inputs = [...html.matchAll(/<input[^>]*\sname="([^"]+)"[^>]*>/g)];
  const unescape = (text: string) => text.replaceAll('&quot;', '"').replaceAll('&amp;', '&');
  return Object.fromEntries(
    inputs.map(([tag, name = '']) => [name, unescape(/\svalue="([^"]*)"/.exec(tag)?.[1] ?? '')]),
  );
}
