/** A yt-dlp that was taken over: what it leaves in the folder of its job must not reach beyond it. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { mediaTools } from '../../../support/media-tools.ts';
import { replaceYtdlp } from '../../../support/trusting-tools.ts';
import { failureOf, fetchPath, useWorld } from './world.ts';

const tools = await mediaTools();
const world = useWorld();
const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

/** Answers with one video, and runs the statement `resolving` or `downloading` in the folder of the job. */
async function takenOver(resolving: string, downloading: string) {
  const code = `
import json, os, sys
class YoutubeDL:
  def report_error(self, message): pass
def main():
  if '--dump-single-json' in sys.argv:
    ${resolving}
    formats = [{'format_id': 'a', 'url': 'http://a.example/', 'protocol': 'http', 'vcodec': 'h264', 'acodec': 'aac'}]
    print(json.dumps({'id': 'x', 'extractor': 'x', 'format_id': 'a', **formats[0], 'formats': formats}))
  else:
    ${downloading}
`;
  const replaced = await replaceYtdlp(tools, code);
  cleanUps.push(replaced.remove);
  return replaced.tools;
}

describe.skipIf(!tools.ytdlpDirectory)('a yt-dlp that was taken over', () => {
  it('cannot make the downloader write through a link', async () => {
    const victim = join(world.base, 'victim');
    await writeFile(victim, 'untouched');
    const hostile = await takenOver(`os.symlink('${victim}', 'info.json')`, 'pass');
    expect((await failureOf(fetchPath(world, hostile, '/'))).code).toBe('download_failed');
    expect(await readFile(victim, 'utf8')).toBe('untouched');
  });

  it.each([
    ['a link to a file elsewhere', (victim: string) => `os.symlink('${victim}', 'p0.media')`],
    ['a pipe, which has no end', () => `os.mkfifo('p0.media')`],
    ['a folder', () => `os.mkdir('p0.media')`],
  ])('cannot make the downloader read %s', async (_, leave) => {
    const victim = join(world.base, 'victim');
    await writeFile(victim, 'secret');
    const hostile = await takenOver('pass', leave(victim));
    expect((await failureOf(fetchPath(world, hostile, '/'))).code).toBe('download_failed');
  });
});
