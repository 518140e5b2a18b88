import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { checkByFfmpeg } from '../../../downloader/media/ffmpeg-check.ts';
import { memoryReader, orderedReader, type OrderedReader } from '../../../downloader/media/reader.ts';
import { sniff } from '../../../downloader/media/sniff.ts';
import { mediaBytes } from '../../support/media-files.ts';
import { mediaTools } from '../../support/media-tools.ts';

const { ffmpeg, confinement } = await mediaTools();
const { signal } = new AbortController();
const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** A program in place of ffmpeg, whose demuxer never comes to an end. */
async function writeProgram(script: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'importly-test-'));
  folders.push(folder);
  const program = join(folder, 'ffmpeg');
  await writeFile(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return program;
}

const readerOf = (bytes: Uint8Array) => orderedReader(memoryReader(bytes));
const tooLong = { failure: { code: 'media_unreadable', detail: 'its check takes too long for its size' } };

describe('the check by ffmpeg', () => {
  it.each([
    ['reads all and then computes', 'cat >/dev/null; while :; do :; done'],
    ['takes no bytes', 'while :; do sleep 1; done'],
  ])('is ended when the program %s for longer than its size allows', async (_, script) => {
    const program = await writeProgram(script);
    const bytes = new Uint8Array(400_000);
    const reader = readerOf(bytes);
    // The CPU limit follows from the largest file: only the time for this size ends the program.
    const allowedSeconds = (sizeBytes: number) => (sizeBytes > bytes.length ? 60 : 1);
    const check = { ffmpeg: program, confinement: null, demuxer: 'avi', signal, allowedSeconds };
    const startedAtMs = performance.now();
    await expect(checkByFfmpeg(reader, 'avi', check)).rejects.toMatchObject(tooLong);
    expect(performance.now() - startedAtMs).toBeLessThan(4000);
  });

  it.skipIf(!ffmpeg)('does not count the time in which a slow source sends nothing', async () => {
    const inner = readerOf(await mediaBytes(ffmpeg ?? '', 'movie.avi'));
    const reader: OrderedReader = {
      ...inner,
      read: async (start, lengthBytes) => {
        if (start > 0) await delay(1500);
        return inner.read(start, lengthBytes);
      },
    };
    const check = { ffmpeg, confinement, demuxer: 'avi', signal, allowedSeconds: () => 1.4 };
    expect(await checkByFfmpeg(reader, 'avi', check)).toMatchObject({ container: 'avi', width: 320 });
  });
});

describe('a format whose demuxer takes cubic time', () => {
  it('is not taken for media: MXF', async () => {
    const partition = Buffer.from('060e2b34020501010d0102010102040083000078', 'hex');
    expect(await sniff(Buffer.concat([partition, Buffer.alloc(200)]))).toMatchObject({
      kind: 'other',
      extension: 'mxf',
    });
  });
});
