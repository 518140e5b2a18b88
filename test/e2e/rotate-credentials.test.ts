/** Runs `npm run credentials:rotate` on the state of a stack that was used before. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { startStack, type Stack } from '../support/stack/stack.ts';

const SCRIPT = join(import.meta.dirname, '../../scripts/rotate-credentials.ts');
const SETTINGS = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  bucket: 'your-bucket',
  region: 'us-east-1',
};

let stack: Stack | null = null;
const directories: string[] = [];
afterEach(async () => {
  await stack?.stop();
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true });
});

async function rotate(stateDirectory: string, ...args: string[]) {
  const { PATH, HOME } = process.env;
  const options = { env: { PATH, HOME, IMPORTLY_STATE_DIR: stateDirectory } };
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, ...args], options);
    return { code: 0, output: stdout };
  } catch (error) {
    const { code, stderr } = error as { code: number; stderr: string };
    return { code, output: stderr };
  }
}

async function storage({ apiUrl, apiKey }: Stack, method: string, body?: object): Promise<unknown> {
  const answer = await fetch(`${apiUrl}/storage`, {
    method,
    headers: { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  return ((await answer.json()) as { data: unknown }).data;
}

test('after a rotation, the old key is not needed, and no key was printed', async () => {
  stack = await startStack();
  const { stateDirectory } = stack;
  expect(await storage(stack, 'PUT', SETTINGS)).toMatchObject({ credentials: 'readable' });
  const running = await rotate(stateDirectory, '--new-key');
  expect(running).toMatchObject({ code: 1, output: expect.stringContaining('already runs') });
  await stack.end();

  const secretsFile = join(stateDirectory, 'secrets.json');
  const rotated = await rotate(stateDirectory, '--new-key');
  expect(rotated).toMatchObject({
    code: 0,
    output: expect.stringContaining('of 1 destinations and the secrets of 0 webhooks again'),
  });
  const secrets = JSON.parse(await readFile(secretsFile, 'utf8')) as { CREDENTIAL_KEYS: string };
  const [newKey = '', oldKey = ''] = secrets.CREDENTIAL_KEYS.split(',');
  for (const key of [newKey, oldKey]) expect(rotated.output).not.toContain(key.split(':')[1]);
  expect(await rotate(stateDirectory)).toMatchObject({
    output: expect.stringContaining('of 0 destinations and the secrets of 0 webhooks again'),
  });

  await writeFile(secretsFile, JSON.stringify({ ...secrets, CREDENTIAL_KEYS: newKey }));
  stack = await startStack({ stateDirectory });
  expect(await storage(stack, 'GET')).toMatchObject({ credentials: 'readable', accessKeyIdLastFour: 'MPLE' });
  await stack.end();

  await writeFile(secretsFile, JSON.stringify({ ...secrets, CREDENTIAL_KEYS: oldKey }));
  expect(await rotate(stateDirectory)).toMatchObject({ output: expect.stringContaining('not readable') });
});

test('without a state directory, the rotation fails with one sentence', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'rotate-'));
  directories.push(directory);
  expect(await rotate(directory)).toMatchObject({
    code: 1,
    output: expect.stringContaining('no local stack'),
  });
});
