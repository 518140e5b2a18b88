import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const RUN = join(import.meta.dirname, '../../scripts/run.mjs');
const LOCK = JSON.stringify({ packages: { '': {}, 'node_modules/zod': { version: '1.0.0' } } });
/** Replaces npm: records its arguments and creates the same files as `npm ci`. */
const NPM = `
import { writeFileSync, mkdirSync, symlinkSync, existsSync } from 'node:fs';
writeFileSync('npm-was-called', process.argv.slice(2).join(' '));
mkdirSync('node_modules/node/bin', { recursive: true });
if (!existsSync('node_modules/node/bin/node')) symlinkSync(process.execPath, 'node_modules/node/bin/node');
writeFileSync('node_modules/.package-lock.json', process.env.INSTALLS ?? '{}');
`;

let clone: string;
beforeEach(async () => {
  clone = await mkdtemp(join(tmpdir(), 'fresh-clone-'));
  await mkdir(join(clone, 'scripts'));
  await copyFile(RUN, join(clone, 'scripts', 'run.mjs'));
  await writeFile(join(clone, 'package-lock.json'), LOCK);
  await writeFile(join(clone, 'npm.mjs'), NPM);
});
afterEach(() => rm(clone, { recursive: true, force: true }));

/** Creates the packages of an earlier `npm ci`. */
async function installed(lock: string): Promise<void> {
  await mkdir(join(clone, 'node_modules/node/bin'), { recursive: true });
  await symlink(process.execPath, join(clone, 'node_modules/node/bin/node'));
  await writeFile(join(clone, 'node_modules/.package-lock.json'), lock);
}

function start(args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [join(clone, 'scripts/run.mjs'), ...args], {
    env: { PATH: process.env['PATH'] ?? '', npm_execpath: join(clone, 'npm.mjs'), ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output }));
  return { child, ended };
}

const npmCall = () => readFile(join(clone, 'npm-was-called'), 'utf8').catch(() => null);
const script = (text: string) => writeFile(join(clone, 'scripts', 'start.ts'), text);

describe('installation', () => {
  test('in a fresh clone, npm ci runs with a message, and then the script', async () => {
    await script(`console.log('started');`);
    const { code, output } = await start(['start'], { INSTALLS: LOCK }).ended;
    expect(output).toContain('Installing packages with npm ci (the packages are not installed yet)');
    expect(output).toContain('started');
    expect(await npmCall()).toContain('ci ');
    expect(code).toBe(0);
  });

  test('packages that are installed are not installed again', async () => {
    await installed(LOCK);
    await script(`console.log('started');`);
    expect(await start(['start']).ended).toEqual({ code: 0, output: 'started\n' });
    expect(await npmCall()).toBeNull();
  });

  test('another version in the lock file starts an installation', async () => {
    await installed(LOCK.replace('1.0.0', '0.9.0'));
    await script('');
    const { output } = await start(['start'], { INSTALLS: LOCK }).ended;
    expect(output).toContain('package-lock.json has changed');
    expect(await npmCall()).toContain('ci ');
  });

  test('a missing optional package starts no installation', async () => {
    await installed(LOCK);
    const optional = { 'node_modules/other': { version: '1.0.0', optional: true } };
    const lock = JSON.parse(LOCK) as { packages: object };
    const packages = { ...lock.packages, ...optional };
    await writeFile(join(clone, 'package-lock.json'), JSON.stringify({ packages }));
    await script('');
    await start(['start']).ended;
    expect(await npmCall()).toBeNull();
  });

  test('an incomplete installation ends with one sentence and exit code 1', async () => {
    await script('');
    const { code, output } = await start(['start']).ended;
    expect(output).toContain('npm ci ran, but node_modules/zod is missing');
    expect(output).not.toContain('    at ');
    expect(code).toBe(1);
  });
});

describe('running', () => {
  beforeEach(() => installed(LOCK));

  test('arguments and the exit code are forwarded', async () => {
    await script(`console.log(process.argv.slice(2).join('|')); process.exitCode = 7;`);
    expect(await start(['start', 'a b', '--c']).ended).toEqual({ code: 7, output: 'a b|--c\n' });
  });

  test.for(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s reaches the script, which ends in its own way',
    async (signal) => {
      await script(`process.on('${signal}', () => { console.log('stopping'); process.exit(3); });
      setInterval(() => {}, 1000); console.log('ready');`);
      const { child, ended } = start(['start']);
      await once(child.stdout, 'data');
      child.kill(signal);
      expect(await ended).toEqual({ code: 3, output: 'ready\nstopping\n' });
    },
  );

  test('the script learns when run.mjs is killed', async () => {
    await script(`process.on('disconnect', () => { console.log('alone'); process.exit(); });
      setInterval(() => {}, 1000); console.log('ready');`);
    const { child, ended } = start(['start']);
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    expect((await ended).output).toBe('ready\nalone\n');
  });

  test('the script learns when npm ends after the terminal is closed', async () => {
    await script(`process.on('SIGHUP', () => { console.log('hung up'); process.exit(); });
      setInterval(() => {}, 1000); console.log('ready');`);
    const run = join(clone, 'scripts/run.mjs');
    const npm = `process.title = 'npm start'; require('node:child_process').spawn(process.execPath, ['${run}', 'start'], { stdio: 'inherit' });`;
    const child = spawn(process.execPath, ['-e', npm], {
      env: { PATH: process.env['PATH'] ?? '', npm_lifecycle_event: 'start' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += String(chunk)));
    const closed = once(child.stdout, 'close');
    await once(child.stdout, 'data');
    child.kill('SIGHUP');
    await closed;
    expect(output).toBe('ready\nhung up\n');
  });

  test.for([[], ['nothing'], ['../run'], ['start.ts']])(
    '%j is refused as the name of a script',
    async (args) => {
      const { code, output } = await start(args).ended;
      expect(output).toContain('Usage:');
      expect(code).toBe(1);
    },
  );
});
