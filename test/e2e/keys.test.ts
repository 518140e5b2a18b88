/** API keys in the running service: addresses of clients, and limits of requests. */
import { expect, test } from 'vitest';
import { createTestWorkspace, type TestWorkspace } from '../support/stack/workspace.ts';

async function makeKey({ api }: TestWorkspace, input: object): Promise<string> {
  const wanted = { name: 'local', scopes: ['imports:read'], ...input };
  const { body } = await api.send('POST', '/keys', wanted);
  return (body['data'] as { key: string }).key;
}

const poll = ({ apiUrl }: TestWorkspace, key: string) =>
  fetch(`${apiUrl}/import/status?id=1`, { headers: { Authorization: `Bearer ${key}` } });

test('a key works from the address of the connection, and from no other', async () => {
  const workspace = await createTestWorkspace();
  const statusFrom = async (allowedAddresses: string[]) => {
    const key = await makeKey(workspace, { allowedAddresses });
    return (await poll(workspace, key)).status;
  };
  expect(await statusFrom(['127.0.0.0/8'])).toBe(404);
  expect(await statusFrom(['192.0.2.1', '::1'])).toBe(403);
});

test('a key with a limit of its own is never used more often, also by parallel requests', async () => {
  const workspace = await createTestWorkspace();
  const key = await makeKey(workspace, { limits: { requestsPerHour: 10 } });
  const answers = await Promise.all(Array.from({ length: 30 }, () => poll(workspace, key)));
  expect(answers.filter(({ status }) => status === 404)).toHaveLength(10);
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused).toHaveLength(20);
  expect(refused[0]?.headers.get('X-RateLimit-Remaining')).toBe('0');
});
