/**
 * Replaces the Worker and the storage in one process that stores nothing, to measure only the downloader. Sends its port
 * to its parent through the IPC channel, then every final report.
 * Usage: `node null-sink.ts <partSizeMiB> <concurrency> <digest>`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SignRequest } from '../../worker/contract/downloader/report.ts';
import type { UploadPlan } from '../../worker/contract/downloader/upload-plan.ts';

const [partSizeMiB = '8', concurrency = '4', digest = 'crc32'] = process.argv.slice(2);
const MULTIPART: UploadPlan = {
  placementId: 'p',
  kind: 'multipart',
  storage: 'service',
  partSizeBytes: Number(partSizeMiB) * 1024 * 1024,
  concurrency: Number(concurrency),
  digest: digest === 'sha256' ? 'sha256' : 'crc32',
};

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function answerCall(kind: string | undefined, body: string): object {
  if (kind === 'heartbeat') {
    const { jobs } = JSON.parse(body) as { jobs: unknown[] };
    return { directives: jobs.map(() => 'continue'), nextReportSeconds: 2 };
  }
  if (kind === 'artifacts') {
    const { sizeBytes } = JSON.parse(body) as { sizeBytes: number | null };
    const isSmall = sizeBytes !== null && sizeBytes <= 8 * 1024 * 1024;
    return { plan: { ...MULTIPART, kind: isSmall ? 'single' : 'multipart' } };
  }
  if (kind === 'sign') {
    const { parts } = JSON.parse(body) as SignRequest;
    const requests = parts.map(({ number }) => ({
      number,
      method: 'PUT',
      url: `http://127.0.0.1:${port()}/bucket/${number}`,
      headers: {},
      expiresAt: new Date(Date.now() + 900_000).toISOString(),
    }));
    return { requests };
  }
  return kind === 'complete' ? { outcome: 'stored' } : { directive: 'continue' };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'PUT') {
    request.resume();
    request.on('end', () => response.writeHead(200, { etag: '"null"' }).end());
    return;
  }
  const kind = request.url?.split('/').at(-1);
  const body = await readBody(request);
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(answerCall(kind, body)));
  if (kind === 'completed' || kind === 'failed') process.send?.({ ended: kind, body });
}

const server = createServer((request, response) => void answer(request, response));
const port = (): number => (server.address() as AddressInfo).port;
server.listen(0, '127.0.0.1', () => process.send?.({ port: port() }));
process.on('disconnect', () => process.exit());
