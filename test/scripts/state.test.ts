/** Files that the start script writes, and the configuration that it reads. */
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { workerBindings } from '../../scripts/start/environment.ts';
import { portFrom, requirePort } from '../../scripts/lib/ports.ts';
import { StartProblem } from '../../scripts/lib/problem.ts';
import { listProcesses } from '../../scripts/lib/processes.ts';
import { takeOver, writeRunRecord } from '../../scripts/start/run-record.ts';
import { loadSecrets } from '../../scripts/lib/secrets.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'state-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('secrets', () => {
  test('are created once, and only their owner can read them', async () => {
    const made = loadSecrets(directory);
    expect(loadSecrets(directory)).toEqual(made);
    expect((await stat(join(directory, 'secrets.json'))).mode & 0o777).toBe(0o600);
  });

  test('contain a dispatch key pair that matches', () => {
    const { DISPATCH_PRIVATE_KEY, DISPATCH_PUBLIC_KEY } = loadSecrets(directory);
    const der = (text: string) => Buffer.from(text, 'base64');
    const message = Buffer.from('a dispatch');
    const signature = sign(
      null,
      message,
      createPrivateKey({ key: der(DISPATCH_PRIVATE_KEY), format: 'der', type: 'pkcs8' }),
    );
    const publicKey = createPublicKey({ key: der(DISPATCH_PUBLIC_KEY), format: 'der', type: 'spki' });
    expect(verify(null, message, publicKey, signature)).toBe(true);
  });

  test('of an earlier version get the secret of the dashboard, once, and keep the others', async () => {
    const { AUTH_SECRET, ...others } = loadSecrets(directory);
    await writeFile(join(directory, 'secrets.json'), JSON.stringify(others));
    const completed = loadSecrets(directory);
    expect(completed).toMatchObject(others);
    expect(completed.AUTH_SECRET).not.toBe(AUTH_SECRET);
    expect(loadSecrets(directory)).toEqual(completed);
  });

  test.for(['{', '{"ATTEMPT_TOKEN_KEY": "AAAA"}'])(
    'a damaged file (%s) is refused, not replaced',
    async (text) => {
      await writeFile(join(directory, 'secrets.json'), text);
      expect(() => loadSecrets(directory)).toThrow(StartProblem);
      expect(await readFile(join(directory, 'secrets.json'), 'utf8')).toBe(text);
    },
  );
});

describe('configuration', () => {
  const bindingsOf = (env: Record<string, string>) =>
    workerBindings({
      env,
      secrets: loadSecrets(directory),
      port: 8787,
      downloaderUrl: 'http://127.0.0.1:9000',
    });

  test('takes its variables from the environment and ignores others', () => {
    const bindings = bindingsOf({
      MAX_BYTES: '1000',
      BILLING: 'off',
      HOME: '/home/someone',
      EGRESS_ALLOW: '',
    });
    expect(bindings).toMatchObject({
      MAX_BYTES: '1000',
      BILLING: 'off',
      PUBLIC_URL: 'http://127.0.0.1:8787',
    });
    expect(Object.keys(bindings)).not.toContain('HOME');
    expect(Object.keys(bindings)).not.toContain('EGRESS_ALLOW');
    expect(Object.keys(bindings)).not.toContain('DISPATCH_PUBLIC_KEY');
  });

  test('names a variable with a wrong value without showing the value', () => {
    const wrong = () => bindingsOf({ ATTEMPT_TOKEN_KEY: 'short secret', MAX_FAILURES: 'many' });
    expect(wrong).toThrow(StartProblem);
    expect(wrong).toThrow(/ATTEMPT_TOKEN_KEY[^]*MAX_FAILURES/);
    expect(wrong).not.toThrow(/short secret/);
  });

  test.for([
    ['MAX_BYTES', '-1', 'must be more than 0'],
    ['FREE_BYTES', 'many', 'must be a number'],
    ['BILLING', 'maybe', 'must be on or off'],
    ['MEDIA_URL', 'nowhere', 'must be a URL'],
    ['EGRESS_ALLOW', 'a:b:c', 'must be entries of the form [purpose:]host[:port], separated by commas'],
  ] as const)('%s=%s is told in a sentence', ([name, value, sentence]) => {
    expect(() => bindingsOf({ [name]: value })).toThrow(
      new StartProblem(`The configuration is not valid:\n  ${name}: ${sentence}`),
    );
  });

  test.for(['0', '65536', 'http', '80.5', '-1'])('PORT=%s fails with one sentence', (PORT) => {
    expect(() => portFrom({ PORT })).toThrow(
      new StartProblem(`PORT must be a number from 1 to 65535, not "${PORT}".`),
    );
  });

  test('uses port 8787 by default', () => {
    expect([portFrom({}), portFrom({ PORT: '' }), portFrom({ PORT: '9000' })]).toEqual([8787, 8787, 9000]);
  });

  test('a port in use fails with one sentence', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await expect(requirePort(port)).rejects.toThrow(
      new StartProblem(`Port ${port} is already in use; choose another one with PORT=<number>.`),
    );
    const patient = requirePort(port, 5_000);
    server.close();
    await expect(patient).resolves.toBeUndefined();
    await expect(requirePort(port)).resolves.toBeUndefined();
  });
});

describe('after a killed start', () => {
  const idle = () =>
    spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore', detached: true });
  const commandOf = (pid: number) => listProcesses().find((one) => one.pid === pid)?.command ?? '';
  const record = (pid: number, children: { pid: number; command: string }[]) =>
    writeRunRecord(directory, { pid, apiUrl: 'http://127.0.0.1:8787', children });

  test('a recorded child is ended', async () => {
    const child = idle();
    await once(child, 'spawn');
    const exit = once(child, 'exit');
    record(999_999_999, [{ pid: child.pid!, command: commandOf(child.pid!) }]);
    const lines: string[] = [];
    await takeOver(directory, (line) => lines.push(line));
    expect(await exit).toEqual([null, 'SIGKILL']);
    expect(lines).toEqual([`Ended process ${child.pid} of a start that was killed.`]);
  });

  test('a process that only has the same id keeps running', async () => {
    const child = idle();
    await once(child, 'spawn');
    record(999_999_999, [{ pid: child.pid!, command: 'workerd serve' }]);
    await takeOver(directory, () => undefined);
    expect(commandOf(child.pid!)).toContain('setInterval');
    child.kill('SIGKILL');
    await once(child, 'exit');
  });

  test('a start that still runs keeps running', async () => {
    const script = join(directory, 'scripts/start.ts');
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', script], { stdio: 'ignore' });
    await once(child, 'spawn');
    record(child.pid!, []);
    await expect(takeOver(directory, () => undefined)).rejects.toThrow(
      /already runs at http:\/\/127\.0\.0\.1:8787/,
    );
    child.kill('SIGKILL');
    await once(child, 'exit');
  });

  test('a damaged record is ignored', async () => {
    await writeFile(join(directory, 'run.json'), '{"pid":');
    await expect(takeOver(directory, () => undefined)).resolves.toBe(false);
  });
});
