/** API keys in the running service: the address of a client is that of its connection. */
import { expect, test } from 'vitest';
import { createTestWorkspace } from '../support/stack/workspace.ts';

test('a key works from the address of the connection, and from no other', async () => {
  const { api, apiUrl } = await createTestWorkspace();
  const statusFrom = async (allowedAddresses: string[]) => {
    const input = { name: 'local', scopes: ['imports:read'], allowedAddresses };
    const { body } = await api.send('POST', '/keys', input);
    const { key } = body['data'] as { key: string };
    const headers = { Authorization: `Bearer ${key}` };
    return (await fetch(`${apiUrl}/import/status?id=1`, { headers })).status;
  };
  expect(await statusFrom(['127.0.0.0/8'])).toBe(404);
  expect(await statusFrom(['192.0.2.1', '::1'])).toBe(403);
});
