/** S3 servers of customers that stop or repeat the jobs of others, if they can. */
import type { Handler } from '../../support/http-source.ts';

function xml(root: string, content: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><${root}>${content}</${root}>`;
}

/** Answers a part of an upload. */
const takesPart: Handler = (request, response) => {
  request.on('end', () => response.writeHead(200, { ETag: '"part"' }).end());
};

/** Starts and completes every upload, and answers parts and requests to remove something with these handlers. */
function bucket(
  part: Handler,
  removal: Handler = (_, response) => void response.writeHead(204).end(),
): Handler {
  return (request, response) => {
    request.resume();
    if (request.method === 'PUT') return part(request, response);
    if (request.method === 'DELETE') return removal(request, response);
    if (request.method !== 'POST') return void response.writeHead(200).end();
    const isStart = /[?&]uploads\b/.test(request.url ?? '');
    response.writeHead(200, { 'Content-Type': 'application/xml' });
    response.end(
      isStart
        ? xml('InitiateMultipartUploadResult', '<UploadId>one</UploadId>')
        : xml('CompleteMultipartUploadResult', '<ETag>"whole"</ETag>'),
    );
  };
}

/** By bucket, the first part of the path. */
export const BUCKETS: Record<string, Handler> = {
  // Keeps nothing: what is uploaded here costs neither the Worker nor its storage anything.
  'takes-all': bucket(takesPart),
  'never-removes': bucket(takesPart, () => undefined),
  'drains-others': bucket((_request, response) => {
    response.writeHead(503, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ success: false, code: 'downloader_draining', error: 'draining' }));
  }),
  'never-answers': (request) => void request.resume(),
};
