import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { connect } from '../../../worker/db/client.ts';
import { nextPath } from '../../../worker/site/pages/accounts/next-path.ts';
import { makeCtx } from '../support/make-ctx.ts';
import { makePerson, newEmail, ownerToken, PASSWORD } from '../support/people.ts';
import { makeWorkspace } from '../support/rows.ts';
import { fieldsOf, makeBrowser } from './support/browser.ts';

const ctx = makeCtx();

describe('the sign-in page', () => {
  test('leads to the page that the person asked for, and signing out ends the session', async () => {
    const { email } = await makePerson(ctx);
    const browser = makeBrowser(ctx);
    const asked = await browser.get('/dashboard?page=2');
    expect(asked.path).toBe('/sign-in?next=%2Fdashboard%3Fpage%3D2');
    const entered = await browser.post('/sign-in', { ...fieldsOf(asked), email, password: PASSWORD });
    expect([entered.status, entered.path]).toEqual([200, '/dashboard?page=2']);
    expect(entered.html).toContain(email);
    expect((await browser.get('/sign-in')).path).toBe('/dashboard');

    const stolen = makeBrowser(ctx);
    for (const [name, value] of browser.cookies) stolen.cookies.set(name, value);
    const left = await browser.post('/sign-out');
    expect(left.path).toBe('/sign-in');
    expect(left.html).toContain('You are signed out.');
    expect((await stolen.get('/dashboard')).path).toBe('/sign-in?next=%2Fdashboard');
  });

  test('leads to the documentation, and says how the first account is made while there is none', async () => {
    await makePerson(ctx);
    const answer = await makeBrowser(ctx).get('/sign-in');
    expect(answer.html).toContain('href="/docs"');
    expect(answer.html).not.toContain('owner-link');
    // This database has no accounts.
    await applyD1Migrations(env.SECOND_DB, env.TEST_MIGRATIONS);
    const fresh = await makeBrowser(makeCtx({ db: connect(env.SECOND_DB) })).get('/sign-in');
    expect(fresh.html).toContain('npm run owner-link');
  });

  test('shows the same page for a wrong password and an unknown address, with the address that was typed', async () => {
    const { email } = await makePerson(ctx);
    const browser = makeBrowser(ctx);
    const tried = async (address: string) => {
      const { status, html } = await browser.post('/sign-in', { email: address, password: '"><script>' });
      expect(html).toContain(`value="${address}"`);
      expect(html).not.toContain('<script>');
      return [status, html.replaceAll(address, 'ADDRESS')];
    };
    const known = await tried(email);
    expect(known[0]).toBe(401);
    expect(known[1]).toContain('The e-mail address or the password is wrong.');
    expect(await tried(newEmail())).toEqual(known);
  });

  test('says when to try again', async () => {
    const browser = makeBrowser(ctx, { address: '192.0.2.77' });
    const email = newEmail();
    const tries = Array.from({ length: 11 }, () => browser.post('/sign-in', { email, password: 'x' }));
    const shown = await Promise.all(tries);
    const limited = shown.filter(({ status }) => status === 429);
    expect(limited).toHaveLength(1);
    expect(limited[0]?.html).toContain('There were too many attempts. Try again after');
  });

  test('keeps a form whose session has ended, and sends it with one click', async () => {
    const { email } = await makePerson(ctx);
    const browser = makeBrowser(ctx);
    const typed = { bucket: 'a "quoted" & <bold> name', prefix: '' };
    const asked = await browser.post('/dashboard/storage', typed);
    expect(asked.status).toBe(401);
    expect(asked.html).toContain('Your session has ended.');
    const wrong = await browser.post('/sign-in', { ...fieldsOf(asked), email, password: 'wrong' });
    const entered = await browser.post('/sign-in', { ...fieldsOf(wrong), email, password: PASSWORD });
    expect(entered.html).toContain('action="/dashboard/storage"');
    expect(entered.html).not.toContain('<bold>');
    expect(fieldsOf(entered)).toMatchObject({ prefix: '' });
    expect(entered.html).toContain('value="a &quot;quoted&quot; &amp; &lt;bold&gt; name"');
    expect(entered.html).toContain('Nothing that you typed is lost.');
  });

  test.each([
    ['/dashboard/storage', { bucket: 'media', secretAccessKey: 'SECRET-1', sessionToken: 'SECRET-2' }],
    [
      '/dashboard/account/password',
      { username: 'a@b.example', currentPassword: 'SECRET-1', newPassword: 'SECRET-2' },
    ],
  ])('%s: secrets of the form are in no page, and are typed again', async (path, typed) => {
    const { email } = await makePerson(ctx);
    const browser = makeBrowser(ctx);
    const asked = await browser.post(path, typed);
    const entered = await browser.post('/sign-in', { ...fieldsOf(asked), email, password: PASSWORD });
    for (const { html } of [asked, entered]) expect(html).not.toContain('SECRET');
    expect(entered.html).toContain('What you typed is kept, except secrets. Type them again:');
    const [kept, ...secrets] = Object.entries(typed);
    expect(fieldsOf(entered)).toEqual(Object.fromEntries([kept!, ...secrets.map(([name]) => [name, ''])]));
    expect(entered.html.match(/type="password"/g)).toHaveLength(secrets.length);
  });

  test('a button whose session has ended is pressed again with one click', async () => {
    const { email } = await makePerson(ctx);
    const browser = makeBrowser(ctx);
    const asked = await browser.post('/dashboard/imports/some-id/cancel');
    expect(asked.html).toContain('Your session has ended.');
    const entered = await browser.post('/sign-in', { ...fieldsOf(asked), email, password: PASSWORD });
    expect([entered.status, entered.path]).toEqual([200, '/sign-in']);
    expect(entered.html).toContain('action="/dashboard/imports/some-id/cancel"');
  });

  test('a secret that was not typed is not asked for', async () => {
    const { email } = await makePerson(ctx);
    const browser = makeBrowser(ctx);
    const asked = await browser.post('/dashboard/storage', { bucket: 'media', secretAccessKey: '' });
    const entered = await browser.post('/sign-in', { ...fieldsOf(asked), email, password: PASSWORD });
    expect(fieldsOf(entered)).toEqual({ bucket: 'media' });
  });
});

test.each([
  [undefined, '/dashboard'],
  ['/dashboard/imports?status=failed', '/dashboard/imports?status=failed'],
  ['https://evil.example/', '/dashboard'],
  ['//evil.example/x', '/dashboard'],
  ['/\\evil.example', '/dashboard'],
  ['/.//evil.example', '/dashboard'],
  ['/x/..//evil.example', '/dashboard'],
  ['/%2e/\\evil.example', '/dashboard'],
  ['/\t/evil.example', '/dashboard'],
  ['javascript:alert(1)', '/dashboard'],
  ['dashboard', '/dashboard'],
])('after the sign-in, %j leads to %s', (next, path) => {
  expect(nextPath(next)).toBe(path);
});

describe('the link of the first owner', () => {
  test('makes an account and opens the dashboard', async () => {
    await makeWorkspace(ctx, { isOperator: true });
    const path = `/setup/${await ownerToken(ctx)}`;
    const browser = makeBrowser(ctx);
    expect((await browser.get(path)).html).toContain('Make the account of the owner.');
    const short = await browser.post(path, { name: 'Ada', email: newEmail(), password: 'short' });
    expect(short.status).toBe(422);
    expect(short.html).toContain('Choose a password of at least 12 characters.');
    expect(fieldsOf(short)).toMatchObject({ name: 'Ada', password: '' });
    const made = await browser.post(path, { name: 'Ada', email: newEmail(), password: PASSWORD });
    expect([made.status, made.path]).toEqual([200, '/dashboard']);
    expect(made.html).toContain('Your account is ready.');
    const again = await makeBrowser(ctx).get(path);
    expect(again.status).toBe(410);
    expect(again.html).toContain('This link is not valid: it was used or withdrawn, or it has expired.');
  });

  test('appears in the log without its token', async () => {
    const token = await ownerToken(ctx);
    await makeBrowser(ctx).get(`/setup/${token}`);
    expect(ctx.lines.at(-1)?.facts).toMatchObject({ path: '/setup/…', status: 200 });
    expect(JSON.stringify(ctx.lines)).not.toContain(token);
  });
});

test('without AUTH_SECRET, the pages say what is missing', async () => {
  const { AUTH_SECRET: _, ...config } = ctx.config;
  const browser = makeBrowser(makeCtx({ config }));
  for (const path of ['/sign-in', '/dashboard', `/setup/${'a'.repeat(43)}`]) {
    const { status, html } = await browser.get(path);
    expect([path, status]).toEqual([path, 503]);
    expect(html).toContain('AUTH_SECRET is missing');
  }
});
