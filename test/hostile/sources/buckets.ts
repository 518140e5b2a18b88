/** S3 servers of customers that stop or repeat the jobs of others, if they can. */
import type { Handler } from '../../support/http-source.ts';

function xml(root: string, content: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><${root}>${content}</${root}>`;
}

/** Starts and completes every upload, and answers its parts with `part`. */
function bucket(part: Handler): Handler {
  return (request, response) => {
    request.resume();
    if (request.method === 'PUT') return part(request, response);
    if (request.method !== 'POST') return void response.writeHead(204).end();
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
  'takes-all': bucket((request, response) => {
    request.on('end', () => response.writeHead(200, { ETag: '"part"' }).end());
  }),
  'drains-others': bucket((_request, response) => {
    response.writeHead(503, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ success: false, code: 'downloader_draining', error: 'draining' }));
  }),
  'never-answers': (request) => void request.resume(),
};
