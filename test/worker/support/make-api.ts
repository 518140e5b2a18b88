/** A workspace with a key in front of the whole app. */
import { createApiKey } from '../../../worker/auth/keys/api-key.ts';
import { makeCtx, type TestCtx } from './make-ctx.ts';
import { checkedApp, type CheckedFetch } from './openapi.ts';
import { makeWorkspace } from './rows.ts';

export interface TestApi {
  ctx: TestCtx;
  workspaceId: string;
  apiKey: string;
  apiKeyId: string;
  /** Without the key. */
  anonymous: CheckedFetch;
  /** With the key; a `json` member is sent as the body. */
  call: (method: string, path: string, json?: unknown) => Promise<Response>;
}

/** Every answer is checked against /openapi.json. */
export async function makeApi(
  ctx: TestCtx = makeCtx(),
  workspace: Parameters<typeof makeWorkspace>[1] = {},
): Promise<TestApi> {
  const workspaceId = await makeWorkspace(ctx, workspace);
  const { key, row } = await createApiKey(ctx.db, { workspaceId, name: 'test', ...ctx });
  const anonymous = await checkedApp(ctx);
  const call: TestApi['call'] = (method, path, json) =>
    anonymous(path, {
      method,
      headers: {
        Authorization: `Bearer ${key}`,
        ...(json !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    });
  return { ctx, workspaceId, apiKey: key, apiKeyId: row.id, anonymous, call };
}
