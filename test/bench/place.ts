/** The S3 endpoint that all programs of the benchmark write to. */
import type { Api } from '../support/stack/api.ts';

export interface Place {
  settings: {
    endpoint: string;
    region: string;
    bucket: string;
    accessKeyId: string;
    secretAccessKey: string;
  };
  trust: Record<string, string>;
}

/** The endpoint at `endpoint`, which accepts every signature. */
export function placeAt(endpoint: string, trust: Record<string, string>): Place {
  const keys = { accessKeyId: 'nullsink', secretAccessKey: 'nullsink' };
  return { settings: { endpoint, region: 'us-east-1', bucket: 'null-bucket', ...keys }, trust };
}

/** Saves the place as the workspace's storage. Test Connection finds out which digests the endpoint verifies. Returns what it learned. */
export async function usePlace(api: Api, { settings }: Place): Promise<object> {
  await expectOk(api, 'PUT', '/storage', settings);
  await expectOk(api, 'POST', '/storage/test');
  return (await expectOk(api, 'GET', '/storage'))['learned'] as object;
}

async function expectOk(
  api: Api,
  method: string,
  path: string,
  body?: unknown,
): Promise<Record<string, unknown>> {
  const answer = await api.send(method, path, body);
  if (answer.status !== 200)
    throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body['data'] as Record<string, unknown>;
}
