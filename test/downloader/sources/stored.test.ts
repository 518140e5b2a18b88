import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import type { Command, StoredSource } from '../../../worker/contract/downloader/command.ts';
import { answer, file, redirect, startHttpSource, type Handler } from '../../support/http-source.ts';
import { startHarness } from '../jobs/harness.ts';
import { cleanUps, closeAll, MIB } from '../jobs/one-job.ts';
import type { StandInOptions } from '../stand-in-options.ts';
import { startWorkerStandIn } from '../jobs/worker-stand-in.ts';

/** No media at all: what a store job copies was looked at when it was imported. */
const COPY = Buffer.alloc(20 * MIB + 5, 'copy');
const FACTS = {
  container: 'mp4',
  durationSeconds: 3,
  width: 16,
  height: 16,
  videoCodec: 'h264',
  audioCodec: null,
};

afterEach(closeAll);

interface Setting {
  /** The storage that the Worker may redirect to. */
  allow?: string;
  worker?: StandInOptions;
}

/** Starts a store job whose copy is behind this handler. */
async function start(handler: Handler, { allow = '127.0.0.1', worker: options = {} }: Setting = {}) {
  const worker = await startWorkerStandIn(options);
  const control = await startHttpSource();
  const harness = await startHarness({ allow });
  cleanUps.push(worker.close, () => control.close(), harness.stop);
  control.serve('/source', handler);
  const source: StoredSource = {
    kind: 'stored',
    url: control.url('/source'),
    title: 'A title',
    extension: 'mp4',
    contentType: 'video/mp4',
    sizeBytes: COPY.length,
    checksums: { crc32: 'AAAAAA==' },
    facts: FACTS,
  };
  const command: Command = { ...worker.command('http://unused.example/'), kind: 'store', source };
  expect(harness.registry.accept(command)).toBe('accepted');
  return { worker, control, command, harness };
}

async function failureOf(handler: Handler, options: Setting = {}) {
  const { worker } = await start(handler, options);
  const report = await worker.finished;
  expect(worker.stored()).toBeNull();
  if (!('failed' in report)) throw new Error('the job completed');
  return report.failed.failure;
}

/** A bucket beside the Worker, that notes who came with a token. */
async function startBucket(handler: Handler) {
  const bucket = await startHttpSource();
  cleanUps.push(() => bucket.close());
  const tokens: (string | undefined)[] = [];
  bucket.serve('/object', (request, response) => {
    tokens.push(request.headers.authorization);
    return handler(request, response);
  });
  return { bucket, tokens };
}

describe('a store job', () => {
  it('uploads the copy as it is described, read once with the token of the attempt', async () => {
    const seen: (string | undefined)[] = [];
    const { worker, control } = await start((request, response) => {
      seen.push(request.headers.authorization);
      return file(COPY)(request, response);
    });
    expect(await worker.finished).toEqual({ completed: { warnings: [] } });
    expect(worker.stored()!.equals(COPY)).toBe(true);
    expect(seen).toEqual(['Bearer attempt-token-of-the-test']);
    expect(control.requests).toEqual(['GET /source']);
    expect(worker.artifacts).toEqual([
      {
        role: 'media',
        title: 'A title',
        extension: 'mp4',
        contentType: 'video/mp4',
        sizeBytes: COPY.length,
        source: { way: 'stored', reason: 'The file was read from where the import had stored it.' },
      },
    ]);
    const digest = Buffer.alloc(4);
    digest.writeUInt32BE(crc32(COPY));
    expect(worker.completions[0]).toMatchObject({
      sizeBytes: COPY.length,
      facts: FACTS,
      checksums: {
        crc32: digest.toString('base64'),
        sha256: createHash('sha256').update(COPY).digest('hex'),
      },
    });
  });

  it('continues with a range where the connection broke', async () => {
    let round = 0;
    const { worker, control } = await start((request, response) => {
      round += 1;
      if (round > 1) return file(COPY)(request, response);
      response.writeHead(206, {
        ETag: `"${COPY.length}"`,
        'Content-Range': `bytes 0-${COPY.length - 1}/${COPY.length}`,
        'Content-Length': COPY.length,
      });
      response.write(COPY.subarray(0, 10 * MIB), () => response.destroy());
    });
    expect(await worker.finished).toEqual({ completed: { warnings: [] } });
    expect(worker.stored()!.equals(COPY)).toBe(true);
    expect(control.requests).toHaveLength(2);
  });

  it('follows to a bucket without showing it the token, and comes back when the link has ended', async () => {
    let round = 0;
    const { bucket, tokens } = await startBucket((request, response) => {
      round += 1;
      if (round === 2)
        return answer(403, 'application/xml', '<Error><Code>AccessDenied</Code></Error>')(request, response);
      if (round > 2) return file(COPY)(request, response);
      response.writeHead(206, {
        ETag: `"${COPY.length}"`,
        'Content-Range': `bytes 0-${COPY.length - 1}/${COPY.length}`,
        'Content-Length': COPY.length,
      });
      response.write(COPY.subarray(0, 10 * MIB), () => response.destroy());
    });
    const { worker, control } = await start(redirect(bucket.url('/object')));
    expect(await worker.finished).toEqual({ completed: { warnings: [] } });
    expect(worker.stored()!.equals(COPY)).toBe(true);
    expect(control.requests).toEqual(['GET /source', 'GET /source']);
    expect(tokens).toEqual([undefined, undefined, undefined]);
  });

  it('does not follow where the operator does not allow storage', async () => {
    const { bucket, tokens } = await startBucket(file(COPY));
    const failure = await failureOf(redirect(bucket.url('/object')), { allow: 'source:127.0.0.1' });
    expect(failure.code).toBe('storage_address_forbidden');
    expect(tokens).toEqual([]);
  });

  it.each([
    ['the Worker has no copy', answer(404, 'application/json', '{}'), 'source_copy_gone'],
    ['the bucket does not permit reading', answer(403, 'application/xml', '<Error/>'), 'source_copy_gone'],
    ['the copy has another size', file(COPY.subarray(1)), 'source_copy_changed'],
    ['the answer is empty', answer(204, 'video/mp4', ''), 'source_copy_changed'],
    [
      'the Worker says why',
      answer(
        500,
        'application/json',
        '{"success":false,"error":"No.","code":"storage_credentials_unreadable"}',
      ),
      'storage_credentials_unreadable',
    ],
    ['the Worker is in trouble', answer(500, 'application/json', '{}'), 'source_unavailable'],
  ] as const)('fails when %s', async (_, handler, code) => {
    expect(await failureOf(handler)).toMatchObject({ code });
  });

  it('fails when the copy is replaced while it is read', async () => {
    let round = 0;
    const replaced: Handler = (_request, response) => {
      round += 1;
      response.writeHead(206, {
        ETag: `"version-${round}"`,
        'Content-Range': `bytes 0-${COPY.length - 1}/${COPY.length}`,
        'Content-Length': COPY.length,
      });
      response.write(COPY.subarray(0, 10 * MIB), () => response.destroy());
    };
    expect(await failureOf(replaced)).toMatchObject({ code: 'source_copy_changed' });
  });

  it('has no fallback: a bucket that refuses ends the attempt with its code', async () => {
    const failure = await failureOf(file(COPY), {
      worker: {
        plans: [{ storage: 'destination' }],
        onPart: ({ response }) => {
          response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>');
          return true;
        },
      },
    });
    expect(failure.code).toBe('storage_access_denied');
  });
});
