/** An S3 endpoint in its own process that accepts every signature and stores nothing, to measure only the transfer. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface NullS3 {
  endpoint: string;
  region: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  stop(): Promise<void>;
}

/** Starts the endpoint on a free loopback port. */
export async function startNullS3(): Promise<NullS3> {
  const child = fork(import.meta.filename, ['serve'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [port] = (await once(child, 'message')) as [number];
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  const keys = { accessKeyId: 'nullsink', secretAccessKey: 'nullsink' };
  return { endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', bucket: 'null-bucket', ...keys, stop };
}

const CREATED =
  '<InitiateMultipartUploadResult><Bucket>null-bucket</Bucket><Key>k</Key><UploadId>u</UploadId></InitiateMultipartUploadResult>';
const COMPLETED = '<CompleteMultipartUploadResult><ETag>"done"</ETag></CompleteMultipartUploadResult>';

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { searchParams } = new URL(request.url ?? '/', 'http://s3.example');
  request.resume();
  await once(request, 'end');
  // Like credentials with only s3:PutObject, because nothing is stored that could be read.
  if (request.method === 'HEAD') return void response.writeHead(403).end();
  response.setHeader('ETag', '"null"');
  if (request.method !== 'POST') return void response.end();
  response.setHeader('Content-Type', 'application/xml');
  response.end(searchParams.has('uploads') ? CREATED : COMPLETED);
}

if (process.argv[2] === 'serve' && process.send) {
  const server = createServer(
    (request, response) => void answer(request, response).catch(() => response.destroy()),
  );
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
  process.on('disconnect', () => process.exit());
}
