/** Tests of settings against the servers that run here. */
import { AwsV4Signer } from 'aws4fetch';
import {
  testConnection,
  type ConnectionFindings,
} from '../../../../worker/storage/connection/test-connection.ts';
import type {
  CheckName,
  ConnectionCheck,
} from '../../../../worker/contract/api/storage/connection-report.ts';
import type { TestedSettings } from '../../../../worker/storage/connection/connection-trial.ts';
import type { ProvidedS3, S3Keys } from '../../../support/s3-servers/provided-s3.ts';
import type { RemoteOptions } from '../../../support/strict-s3/remote.ts';
import { ADMIN, PUT_ONLY, startStandIn, WRITER, type StandIn } from '../providers/stand-in.ts';
import { makeCtx, type TestCtx } from '../../support/make-ctx.ts';

export { ADMIN, PUT_ONLY, WRITER };

/** A server, and what its owner types in. */
export interface Place {
  ctx: TestCtx;
  settings: TestedSettings;
  keys: S3Keys;
}

export interface StrictPlace extends Place {
  standIn: StandIn;
}

const NOTHING = { defaultPathPrefix: null, publicBaseUrl: null, presignedUrlSeconds: null };
/** The pause between two tries of a request, short for tests. */
const steady = { random: () => 0, now: () => Date.now() };

/** A strict stand-in under its loopback address, as a server that nobody knows, or under the provider's own `endpoint`. */
export async function strictPlace(options: RemoteOptions = {}, endpoint?: string): Promise<StrictPlace> {
  const standIn = await startStandIn(options, endpoint);
  const { region, bucket } = standIn;
  const settings = { ...NOTHING, endpoint: endpoint ?? standIn.endpoint, region, bucket };
  const ctx = { ...standIn.ctx, ...steady };
  if (endpoint?.startsWith('https:')) {
    const tls = { authorized: true, error: null, protocol: 'TLSv1.3', subject: null, validTo: null };
    ctx.downloader.probeAnswer = { addresses: ['203.0.113.7'], allowed: true, reason: null, tls };
  }
  return { standIn, ctx, settings, keys: PUT_ONLY };
}

/** A real server, by default with the user who may do what the guide's policy grants. Other tests use the bucket meanwhile, so each has its own prefix. */
export function realPlace({ endpoint, region, bucket, putOnly }: ProvidedS3, keys: S3Keys = putOnly): Place {
  const settings = { ...NOTHING, endpoint, region, bucket, defaultPathPrefix: crypto.randomUUID() };
  return { ctx: makeCtx(steady), settings, keys };
}

/** The findings for the settings with these changes. */
export function test(
  { ctx, settings, keys }: Place,
  changes: Partial<TestedSettings> = {},
  others: S3Keys & { sessionToken?: string } = keys,
): Promise<ConnectionFindings> {
  const { accessKeyId, secretAccessKey, sessionToken } = others;
  return testConnection(ctx, { ...settings, ...changes }, { accessKeyId, secretAccessKey, sessionToken });
}

/** The one check of this name. */
export function find({ report }: ConnectionFindings, name: CheckName): ConnectionCheck | undefined {
  return report.checks.find((check) => check.name === name);
}

/** Names of the checks that ended so, in their order. */
export function named({ report }: ConnectionFindings, status: ConnectionCheck['status']): CheckName[] {
  return report.checks.filter((check) => check.status === status).map(({ name }) => name);
}

/** A request of the administrator of a real server: `path` begins with the bucket. */
export async function asOwner(
  server: ProvidedS3,
  method: string,
  path: string,
  body?: string,
): Promise<Response> {
  const { endpoint, region, accessKeyId, secretAccessKey } = server;
  const signer = new AwsV4Signer({
    method,
    url: `${endpoint}/${path}`,
    service: 's3',
    region,
    accessKeyId,
    secretAccessKey,
    ...(body !== undefined && { body }),
  });
  const signed = await signer.sign();
  return fetch(signed.url, { method, headers: signed.headers, body: body ?? null });
}
