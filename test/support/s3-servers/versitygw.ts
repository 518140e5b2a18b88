/** Starts versitygw on loopback, an S3 server that verifies signatures, regions, digests and the order of parts. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { AwsV4Signer } from 'aws4fetch';
import { findVersitygw } from './install-versitygw.ts';

export interface S3Keys {
  accessKeyId: string;
  secretAccessKey: string;
}

/** `accessKeyId` belongs to the administrator. `putOnly` has only the permissions of the policy in the guide. */
export interface TestS3Server extends S3Keys {
  endpoint: string;
  region: string;
  bucket: string;
  putOnly: S3Keys;
  /** Objects are files: `<dataDirectory>/<bucket>/<key>`. */
  dataDirectory: string;
  stop(): Promise<void>;
}

/** A server that this process has started. */
export interface StartedVersitygw extends TestS3Server {
  /** SIGKILL, like a power failure. Its data stays. */
  kill(): Promise<void>;
  /** Starts it again after `kill`, at the same address. */
  restart(): Promise<void>;
}

const REGION = 'us-east-1';
const BUCKET = 'test-bucket';
// The secrets contain slash and plus, which reveal encoding errors.
const ADMIN: S3Keys = {
  accessKeyId: 'testadmin0000001',
  secretAccessKey: 'test/admin+secret/00000000000000001',
};
const PUT_ONLY: S3Keys = {
  accessKeyId: 'testputonly00001',
  secretAccessKey: 'test/putonly+secret/000000000000001',
};

/** Starts a new server in a temporary folder. Null if versitygw is not available on this machine. */
export async function startVersitygw(): Promise<StartedVersitygw | null> {
  const binary = await findVersitygw();
  if (binary === null) return null;
  const folder = await mkdtemp(join(tmpdir(), 'versitygw-'));
  const dataDirectory = join(folder, 'data');
  await Promise.all([mkdir(dataDirectory), mkdir(join(folder, 'iam'))]);
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  let child = launch(binary, port, folder);
  const stop = async () => {
    await end(child, 'SIGTERM');
    await rm(folder, { recursive: true, force: true });
  };
  const kill = () => end(child, 'SIGKILL');
  const restart = async () => {
    child = launch(binary, port, folder);
    await waitUntilReady(child, endpoint);
  };
  try {
    await waitUntilReady(child, endpoint);
    await prepare(binary, endpoint);
  } catch (error) {
    await stop();
    throw error;
  }
  const running = { dataDirectory, stop, kill, restart };
  return { ...ADMIN, endpoint, region: REGION, bucket: BUCKET, putOnly: PUT_ONLY, ...running };
}

/** Sends a request that is signed with the keys of the administrator, or with the given keys. */
export async function signedFetch(
  server: S3Keys & { endpoint: string },
  method: string,
  path: string,
  body?: string,
): Promise<Response> {
  const { accessKeyId, secretAccessKey } = server;
  const url = `${server.endpoint}${path}`;
  const signer = new AwsV4Signer({
    method,
    url,
    service: 's3',
    region: REGION,
    accessKeyId,
    secretAccessKey,
  });
  const signed = await signer.sign();
  return fetch(signed.url, { method, headers: signed.headers, body: body ?? null });
}

function launch(binary: string, port: number, folder: string): ChildProcess {
  const options = ['--port', `127.0.0.1:${port}`, '--region', REGION, '--quiet', '--health', '/health'];
  const child = spawn(binary, [...options, '--iam-dir', join(folder, 'iam'), 'posix', join(folder, 'data')], {
    env: { ROOT_ACCESS_KEY: ADMIN.accessKeyId, ROOT_SECRET_KEY: ADMIN.secretAccessKey },
    stdio: 'ignore',
  });
  // The server must end even if the test process ends without stop().
  const endToo = () => child.kill('SIGKILL');
  process.once('exit', endToo);
  child.once('exit', () => process.off('exit', endToo));
  return child;
}

async function waitUntilReady(child: ChildProcess, endpoint: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`versitygw ended with code ${child.exitCode}`);
    const answer = await fetch(`${endpoint}/health`).catch(() => null);
    await answer?.body?.cancel();
    if (answer?.ok) return;
    await delay(25);
  }
  throw new Error('versitygw does not answer');
}

/** Creates the bucket and the second user with the permissions of the policy in the guide. */
async function prepare(binary: string, endpoint: string): Promise<void> {
  const server = { ...ADMIN, endpoint };
  await expectOk(await signedFetch(server, 'PUT', `/${BUCKET}`));
  const login = ['--access', ADMIN.accessKeyId, '--secret', ADMIN.secretAccessKey];
  const user = ['--access', PUT_ONLY.accessKeyId, '--secret', PUT_ONLY.secretAccessKey, '--role', 'user'];
  const admin = ['admin', ...login, '--endpoint-url', endpoint, 'create-user', ...user];
  await promisify(execFile)(binary, admin);
  const statement = {
    Effect: 'Allow',
    Principal: { AWS: [PUT_ONLY.accessKeyId] },
    Action: ['s3:PutObject', 's3:PutObjectAcl'],
    Resource: [`arn:aws:s3:::${BUCKET}/*`],
  };
  const policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  await expectOk(await signedFetch(server, 'PUT', `/${BUCKET}?policy=`, policy));
}

async function expectOk(answer: Response): Promise<void> {
  if (!answer.ok) throw new Error(`versitygw answered ${answer.status}: ${await answer.text()}`);
  await answer.body?.cancel();
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), 3000);
  await ended;
  clearTimeout(timer);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
