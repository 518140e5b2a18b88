/** Requests that make, list and use API keys. */
import { expect } from 'vitest';
import { createApiKey, type KeyColumns } from '../../../worker/auth/keys/api-key.ts';
import type { KeyView } from '../../../worker/contract/api/keys.ts';
import type { TestApi } from './make-api.ts';

export const HOUR = 3_600_000;
export const iso = (ms: number) => new Date(ms).toISOString();

export type Made = KeyView & { key: string };

/** A key made by POST /keys, by default with one scope. */
export async function create(api: TestApi, input: object = {}): Promise<Made> {
  const answer = await api.call('POST', '/keys', { name: 'made', scopes: ['imports:read'], ...input });
  expect(answer.status).toBe(200);
  return (await answer.json<{ data: Made }>()).data;
}

/** What GET /keys answers. */
export async function list(api: TestApi): Promise<KeyView[]> {
  return (await (await api.call('GET', '/keys')).json<{ data: KeyView[] }>()).data;
}

/** A request with another key of the workspace, from an address. */
export async function use(api: TestApi, key: string, client?: string, path = '/import/status?id=1') {
  const headers = { Authorization: `Bearer ${key}`, ...(client && { 'CF-Connecting-IP': client }) };
  const answer = await api.anonymous(path, { headers });
  return { status: answer.status, body: await answer.json<{ code: string; error: string }>() };
}

/** The API as another key of the same workspace uses it. */
export async function withKey(api: TestApi, columns: Partial<KeyColumns>): Promise<TestApi> {
  const { ctx, workspaceId, anonymous } = api;
  const { key, row } = await createApiKey(ctx.db, { workspaceId, name: 'other', ...columns, ...ctx });
  const call: TestApi['call'] = (method, path, json) =>
    anonymous(path, {
      method,
      headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
      body: json === undefined ? null : JSON.stringify(json),
    });
  return { ...api, apiKey: key, apiKeyId: row.id, call };
}
