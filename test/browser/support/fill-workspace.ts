/** Fills a workspace with what its pages show: a bucket, imports that ended well and badly, a key, and a webhook. */
import type { Api } from '../../support/stack/api.ts';
import { d1 } from '../../support/stack/local-state.ts';

export interface Filled {
  completedId: string;
  failedId: string;
  endpointId: string;
}

/** The bucket of a workspace, as `PUT /storage` takes it. */
export type Bucket = Record<'endpoint' | 'region' | 'bucket' | 'accessKeyId' | 'secretAccessKey', string>;

/** Nothing listens on this port, so files fall back to service storage. */
export const NO_BUCKET: Bucket = {
  endpoint: 'http://127.0.0.1:9',
  region: 'us-east-1',
  bucket: 'media',
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};

async function make(api: Api, method: string, path: string, body: object): Promise<Record<string, unknown>> {
  const { status, body: answer } = await api.send(method, path, body);
  if (status !== 200) throw new Error(`${method} ${path} answered ${status}: ${JSON.stringify(answer)}`);
  return answer['data'] as Record<string, unknown>;
}

/** Uses the public API alone. */
export async function fillWorkspace(api: Api, apiUrl: string, bucket: Bucket = NO_BUCKET): Promise<Filled> {
  await make(api, 'PUT', '/storage', bucket);
  await make(api, 'POST', '/keys', { name: 'upload form', scopes: ['imports:read', 'imports:write'] });
  const { id } = await make(api, 'POST', '/webhooks', { url: 'https://127.0.0.1:9/hooks/importly' });
  const completedId = await api.startImport({ url: `${apiUrl}/sample.wav`, store: true });
  const failedId = await api.startImport({ url: `${apiUrl}/missing/holiday-2026.mp4` });
  await api.ended(completedId, 60_000);
  await api.ended(failedId, 60_000);
  return { completedId, failedId, endpointId: String(id) };
}

/** The pages of a filled workspace, by the name of their picture. */
export function pagesOf({ completedId, failedId, endpointId }: Filled): Readonly<Record<string, string>> {
  return {
    home: '/dashboard',
    imports: '/dashboard/imports',
    'import-new': '/dashboard/imports/new',
    'import-completed': `/dashboard/imports/${completedId}`,
    'import-failed': `/dashboard/imports/${failedId}`,
    batches: '/dashboard/batches',
    'batch-new': '/dashboard/batches/new',
    storage: '/dashboard/storage',
    keys: '/dashboard/keys',
    webhooks: '/dashboard/webhooks',
    webhook: `/dashboard/webhooks/${endpointId}`,
    usage: '/dashboard/usage',
    members: '/dashboard/members',
    account: '/dashboard/account',
  };
}

/** The workspace of the person who runs the local stack. */
export function operatorWorkspaceId(stateDirectory: string): string {
  const [row] = d1(stateDirectory, 'SELECT id FROM workspaces WHERE is_operator = 1');
  return String(row?.['id']);
}
