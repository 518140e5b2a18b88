import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { commandBelow, commandsBelow, runCommand } from '../../support/runbook.ts';
import { IMAGE, newOperator, type Operator } from './run-deploy.ts';

/** The deployment runs wrangler about nine times, and each command once or twice. */
const TIMEOUT_MS = 240_000;

let operator: Operator;
beforeEach(async () => {
  operator = await newOperator();
  expect(await operator.deploy('--image', IMAGE)).toMatchObject({ code: 0 });
}, TIMEOUT_MS);
afterEach(() => operator.close());

/** Runs a command as the operator of this deployment does. */
function run(command: string, values: Record<string, string> = {}): Promise<string> {
  const { stateDirectory, api } = operator;
  const [, remote = ''] = /^(NAME=.*)$/m.exec(commandsBelow('Runbook').join('\n')) ?? [];
  const [d1 = ''] = commandsBelow('Runbook').filter((line) => line.includes('--remote'));
  const line = `${remote}; ${d1}; ${command}`.replaceAll('.importly', stateDirectory);
  const env = { HOME: join(stateDirectory, '..'), IMPORTLY_STATE_DIR: stateDirectory, ...api.env };
  return runCommand(line, { env: { ...env, TMPDIR: stateDirectory }, values });
}

const theScript = () => operator.api.account.scripts.get('importly-open')!;
const secretOf = (name: string) =>
  theScript()
    .versions.at(-1)!
    .bindings.find((one) => one.name === name)?.text;
const rows = (sql: string) => operator.api.account.databases.get('importly-open')!.sqlite.prepare(sql).all();

const SECRETS = ['CREDENTIAL_KEYS', 'ATTEMPT_TOKEN_KEY', 'AUTH_SECRET', 'DISPATCH_PRIVATE_KEY'];

describe('the runbook on a deployment', { timeout: TIMEOUT_MS }, () => {
  test('replaces each secret', async () => {
    const section = 'Replace a secret';
    const before = SECRETS.map(secretOf);
    const keys = { NEW_ID: 'second', OLD_ID: 'first', OLD_KEY: 'b2xk' };
    await run(commandBelow(section, 'put CREDENTIAL_KEYS'), keys);
    expect(secretOf('CREDENTIAL_KEYS')).toMatch(/^second:[A-Za-z0-9+/]{43}=,first:b2xk$/);
    for (const name of ['ATTEMPT_TOKEN_KEY', 'AUTH_SECRET']) {
      await run(commandBelow(section, `put ${name}`));
      expect(secretOf(name)).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    }
    const dispatch = commandsBelow(section).slice(-3);
    const inFolder = dispatch.map((line) => line.replaceAll('dispatch-key', '"$TMPDIR/dispatch-key"'));
    const output = await run(inFolder.join(' && '));
    const privateKey = String(secretOf('DISPATCH_PRIVATE_KEY'));
    const der = Buffer.from(privateKey, 'base64');
    const key = await crypto.subtle.importKey('pkcs8', der, 'Ed25519', true, ['sign']);
    const { x = '' } = await crypto.subtle.exportKey('jwk', key);
    const [, spki = ''] = /^(MCowBQYDK2Vw\S+)$/m.exec(output) ?? [];
    expect(Buffer.from(spki, 'base64').subarray(-32).toString('base64url')).toBe(x);
    const after = SECRETS.map(secretOf);
    after.forEach((value, index) => expect(value).not.toBe(before[index]));
  });

  test('makes another API key and revokes the first', async () => {
    const section = 'Replace an API key';
    expect(await run(commandBelow(section, '--new-key'))).toMatch(/API key +imp_/);
    const shown = await run(commandBelow(section, 'SELECT'));
    const ids = [...shown.matchAll(/"id": "([0-9a-f-]{36})"/g)].map(([, id = '']) => id);
    expect(ids).toHaveLength(2);
    await run(commandBelow(section, 'UPDATE'), { KEY_ID: ids[0]! });
    expect(rows('SELECT id FROM api_keys WHERE revoked_at IS NULL')).toEqual([{ id: ids[1] }]);
  });

  test('restores the database to a time and back to a bookmark', async () => {
    const section = 'The database is lost or damaged';
    await run(commandBelow(section, 'time-travel info'));
    const goodTime = new Date(Date.now() + 1).toISOString();
    const good = rows('SELECT id FROM workspaces');
    expect(good).toHaveLength(1);
    operator.api.account.databases
      .get('importly-open')!
      .sqlite.exec('DELETE FROM api_keys; DELETE FROM workspaces');
    const [, bookmark = ''] = /([0-9a-f]{8}-[0-9a-f-]{27})/.exec(
      await run(commandBelow(section, 'time-travel info')),
    ) ?? [''];
    await run(`yes | ${commandBelow(section, '--timestamp')}`, { TIME: goodTime });
    expect(rows('SELECT id FROM workspaces')).toEqual(good);
    await run(`yes | ${commandBelow(section, '--bookmark')}`, { BOOKMARK: bookmark });
    expect(rows('SELECT id FROM workspaces')).toEqual([]);
  });

  test('lists the versions and puts the previous one back', async () => {
    const section = 'Go back to the previous version';
    await run(`echo x | npx wrangler secret put ATTEMPT_TOKEN_KEY --name importly-open`);
    const [first, second] = theScript().versions;
    expect(await run(commandBelow(section, 'versions list'))).toContain(second!.id);
    await run(commandBelow(section, 'rollback'), { VERSION_ID: first!.id });
    expect(theScript().versions.at(-1)).toBe(first);
  });

  test('adds, lists and revokes a member of the fleet', async () => {
    const section = 'A downloader joins or leaves the fleet';
    const added = await run(commandBelow(section, 'add cellar'));
    const secrets = readFileSync(join(operator.stateDirectory, 'deploy/importly-open/secrets.json'), 'utf8');
    expect(JSON.parse(secrets)).toHaveProperty('DISPATCH_PRIVATE_KEY');
    expect(added).toMatch(
      /WORKER_URL=https:\/\/importly-open\.example-team\.workers\.dev\s+FLEET_TOKEN=impf_/,
    );
    expect(await run(commandBelow(section, 'list --remote'))).toMatch(/cellar .*last seen never/);
    await run(commandBelow(section, 'revoke cellar'));
    expect(rows('SELECT name FROM fleet_members WHERE revoked_at IS NULL')).toEqual([]);
    await run(commandBelow(section, 'pull-cellar'));
  });
});
