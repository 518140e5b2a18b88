/**
 * Starts SeaweedFS on loopback, the real server for encryption, storage classes and tags. It verifies neither the
 * region nor the payload hash of a signature; versitygw does.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findSeaweedfs } from './install-seaweedfs.ts';
import { sendSigned } from '../strict-s3/signing/signed-client.ts';
import type { S3Keys, TestS3Server } from './versitygw.ts';

/** Like `TestS3Server`, but without the data folder, because objects are not stored as readable files. */
export type SeaweedFs = Omit<TestS3Server, 'dataDirectory'>;

const REGION = 'us-east-1';
const BUCKET = 'test-bucket';
const ADMIN: S3Keys = {
  accessKeyId: 'weedadmin0000001',
  secretAccessKey: 'weed/admin+secret/00000000000000001',
};
const PUT_ONLY: S3Keys = {
  accessKeyId: 'weedputonly00001',
  secretAccessKey: 'weed/putonly+secret/000000000000001',
};
/** It needs 4 to 9 s on two cores until it can store an object. */
const READY_TIMEOUT_MS = 60_000;
/** The key-encryption key, any 32 bytes in hex. SSE-S3 needs it. */
const KEY_ENCRYPTION_KEY = '01'.repeat(32);

/** Starts a new server in a temporary folder. Null if SeaweedFS is not available on this machine. */
export async function startSeaweedfs(): Promise<SeaweedFs | null> {
  const binary = await findSeaweedfs();
  if (binary === null) return null;
  const folder = await mkdtemp(join(tmpdir(), 'seaweedfs-'));
  await mkdir(join(folder, 'data'));
  await writeFile(join(folder, 's3.json'), JSON.stringify(identities()), { mode: 0o600 });
  const ports = await freePorts(8);
  const child = await launch(binary, folder, ports);
  const endpoint = `http://127.0.0.1:${ports[0]}`;
  const stop = async () => {
    await kill(child);
    const leftovers = [folder, ...ports.flatMap((port) => grpcSockets(port))];
    await Promise.all(leftovers.map(async (path) => rm(path, { recursive: true, force: true })));
  };
  try {
    await waitForFirstWrite(child, endpoint, join(folder, 'log'));
  } catch (error) {
    await stop();
    throw error;
  }
  return { ...ADMIN, endpoint, region: REGION, bucket: BUCKET, putOnly: PUT_ONLY, stop };
}

/** The fixed path of its sockets, which no option changes. */
function grpcSockets(port: number): string[] {
  return ['filer', 'master', 's3', 'volume'].map((role) => `/tmp/seaweedfs-${role}-grpc-${port}.sock`);
}

/** SeaweedFS grants Abort and ListParts with PutObject, so this policy denies them by name, as on AWS. */
function identities() {
  const Resource = [`arn:aws:s3:::${BUCKET}/*`];
  const Statement = [
    { Effect: 'Allow', Action: ['s3:PutObject', 's3:PutObjectAcl'], Resource },
    { Effect: 'Deny', Action: ['s3:AbortMultipartUpload', 's3:ListMultipartUploadParts'], Resource },
  ];
  const content = JSON.stringify({ Version: '2012-10-17', Statement });
  const credentials = ({ accessKeyId, secretAccessKey }: S3Keys) => [
    { accessKey: accessKeyId, secretKey: secretAccessKey },
  ];
  return {
    identities: [
      {
        name: 'admin',
        credentials: credentials(ADMIN),
        actions: ['Admin', 'Read', 'Write', 'List', 'Tagging'],
      },
      { name: 'putonly', credentials: credentials(PUT_ONLY), actions: [], policyNames: ['putonly'] },
    ],
    policies: [{ name: 'putonly', content }],
  };
}

/** The arguments: no telemetry, only loopback, sockets in the folder, and only the S3 port. */
function serverOptions(folder: string, ports: readonly number[]): string[] {
  const [s3, s3Grpc, master, masterGrpc, volume, volumeGrpc, filer, filerGrpc] = ports;
  const options = {
    dir: join(folder, 'data'),
    ip: '127.0.0.1',
    'ip.bind': '127.0.0.1',
    'master.telemetry': false,
    'master.port': master,
    'master.port.grpc': masterGrpc,
    'master.volumeSizeLimitMB': 1024,
    'volume.port': volume,
    'volume.port.grpc': volumeGrpc,
    'volume.max': 0,
    'volume.minFreeSpace': 1,
    filer: true,
    'filer.port': filer,
    'filer.port.grpc': filerGrpc,
    'filer.localSocket': join(folder, 'filer.sock'),
    s3: true,
    's3.port': s3,
    's3.port.grpc': s3Grpc,
    's3.port.iceberg': 0,
    's3.port.lance': 0,
    's3.localSocket': join(folder, 's3.sock'),
    's3.autoCreateBucket': false,
    's3.domainName': 's3.localhost',
    's3.config': join(folder, 's3.json'),
  };
  return ['server', ...Object.entries(options).map(([name, value]) => `-${name}=${value}`)];
}

async function launch(binary: string, folder: string, ports: readonly number[]): Promise<ChildProcess> {
  const log = await open(join(folder, 'log'), 'w');
  const child = spawn(binary, serverOptions(folder, ports), {
    cwd: folder,
    env: { HOME: folder, WEED_S3_SSE_KEK: KEY_ENCRYPTION_KEY },
    stdio: ['ignore', log.fd, log.fd],
  });
  // The server must end even if the test process ends without stop().
  process.once('exit', () => child.kill('SIGKILL'));
  await once(child, 'spawn');
  await log.close();
  return child;
}

/** Waits until the server has stored an object. Its health page answers seconds before it has volumes to write to. */
async function waitForFirstWrite(child: ChildProcess, endpoint: string, logFile: string): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  const first = `/${BUCKET}/first`;
  let steps = [
    ['PUT', `/${BUCKET}`],
    ['PUT', first],
    ['DELETE', first],
  ] as [string, string][];
  while (Date.now() < deadline && child.exitCode === null) {
    const [method, target] = steps[0] ?? ['', ''];
    const answer = await sendSigned({ endpoint, region: REGION, account: ADMIN }, method, target).catch(
      () => null,
    );
    await answer?.body?.cancel();
    if (answer?.ok) steps = steps.slice(1);
    else await delay(100);
    if (steps.length === 0) return;
  }
  const tail = (await readFile(logFile, 'utf8')).slice(-2000);
  throw new Error(`SeaweedFS does not answer (exit code ${child.exitCode}): ${tail}`);
}

/** Kills the server, because a clean stop takes 16 s and its data is not needed. */
async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Keeps all ports open until all are known, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = [];
  for (let index = 0; index < count; index += 1) {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    servers.push(server);
  }
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map(async (server) => once(server.close(), 'close')));
  return ports;
}
