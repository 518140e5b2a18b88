import { describe, expect, test } from 'vitest';
import { createApp } from '../../../worker/app.ts';
import { makeCtx } from '../support/make-ctx.ts';

const ctx = makeCtx();
const app = createApp(ctx);
const PAGE = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

describe('the first path', () => {
  test('leads a person to the dashboard', async () => {
    const answer = await app.request('/', { headers: PAGE });
    expect(answer.status).toBe(303);
    expect(answer.headers.get('Location')).toBe('/dashboard');
    expect(answer.headers.get('Vary')).toContain('Accept');
  });

  test.each([undefined, '*/*', 'application/json'])(
    'answers a client that accepts %s with JSON',
    async (Accept) => {
      const answer = await app.request('/', Accept === undefined ? {} : { headers: { Accept } });
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({
        success: true,
        data: { openapi: `${ctx.config.PUBLIC_URL}/openapi.json` },
      });
    },
  );
});

describe('a visitor', () => {
  test.each(['/dashboard', '/dashboard/storage', '/dashboard/no-such-page?page=2'])(
    'is sent from %s to the sign-in page, and back afterwards',
    async (path) => {
      const answer = await app.request(path);
      expect(answer.status).toBe(303);
      const to = new URL(answer.headers.get('Location')!, 'http://service.example');
      expect([to.pathname, to.searchParams.get('next')]).toEqual(['/sign-in', path]);
    },
  );

  test('whose session ends while a part of a page is renewed goes to the sign-in page as a whole', async () => {
    const headers = { 'HX-Request': 'true', 'HX-Current-URL': 'http://localhost/dashboard/storage?x=1' };
    const answer = await app.request('/dashboard/storage/migration', { headers });
    expect([answer.status, await answer.text()]).toEqual([401, '']);
    expect(answer.headers.get('HX-Redirect')).toBe('/sign-in?next=%2Fdashboard%2Fstorage%3Fx%3D1');
  });

  test('who opens a page that does not exist reads what happened', async () => {
    const answer = await app.request('/setup/x/y/z', { headers: PAGE });
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain('Nothing is here');
    expect(ctx.lines.at(-1)).toMatchObject({ event: 'request.answered', facts: { code: 'not_found' } });
  });
});

describe('every answer of the site', () => {
  test.each(['/', '/dashboard', '/setup/unknown', '/assets/00000000/none.css'])(
    '%s allows only files of this service, no inline code and no frames',
    async (path) => {
      const { headers } = await app.request(path, { headers: PAGE });
      const policy = headers.get('Content-Security-Policy');
      expect(policy).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; " +
          "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
      );
      expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
      expect(headers.get('Referrer-Policy')).toBe('same-origin');
      expect(headers.get('Cross-Origin-Opener-Policy')).toBe('same-origin');
      expect(headers.get('Cache-Control')).toBe('no-store');
      expect(headers.has('Access-Control-Allow-Origin')).toBe(false);
    },
  );

  test.each([
    [{ 'Sec-Fetch-Site': 'cross-site' }, 403],
    [{ 'Sec-Fetch-Site': 'same-site', Origin: 'http://localhost' }, 403],
    [{ Origin: 'https://evil.example' }, 403],
    [{ Origin: 'null' }, 403],
    [{}, 403],
    [{ 'Sec-Fetch-Site': 'same-origin' }, 401],
    [{ Origin: 'http://localhost' }, 401],
    [{ Origin: ctx.config.PUBLIC_URL }, 401],
  ])('a form with the headers %j is answered with %i', async (headers, status) => {
    const answer = await app.request('http://localhost/dashboard/storage', { method: 'POST', headers });
    expect(answer.status).toBe(status);
  });

  test('a form of 5 MB is refused', async () => {
    const body = 'a='.padEnd(5_000_000, 'x');
    const headers = { 'Sec-Fetch-Site': 'same-origin', 'Content-Length': String(body.length) };
    const answer = await app.request('/dashboard/storage', { method: 'POST', headers, body });
    expect(answer.status).toBe(413);
    expect(await answer.text()).toContain('too large');
  });
});
