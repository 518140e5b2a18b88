/** What other processes of the machine can read about a running yt-dlp. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { platform } from 'node:process';
import { describe, expect, it } from 'vitest';
import { copyMediaFolder } from '../../../support/media-files.ts';
import { mediaTools } from '../../../support/media-tools.ts';
import { fetchPath, useWorld } from './world.ts';

const tools = await mediaTools();
const world = useWorld();

interface Process {
  pid: number;
  parentPid: number;
  commandLine: string;
}

function processes(): Process[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const parentPid = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1];
      const commandLine = readFileSync(`/proc/${name}/cmdline`, 'latin1');
      return [{ pid: Number(name), parentPid: Number(parentPid), commandLine }];
    } catch {
      // It ended meanwhile.
      return [];
    }
  });
}

/** Command lines of the children of this process, and of their children. */
function commandLinesOfChildren(): string[] {
  const all = processes();
  const of = (parentPid: number): Process[] =>
    all.filter((one) => one.parentPid === parentPid).flatMap((one) => [one, ...of(one.pid)]);
  return of(process.pid).map(({ commandLine }) => commandLine);
}

describe.skipIf(platform !== 'linux' || !tools.ytdlpDirectory || !tools.ffmpeg)('a running yt-dlp', () => {
  it('shows neither its URL nor the password of its proxy in its command line', async () => {
    await copyMediaFolder(tools.ffmpeg!, 'hls', join(world.base, 'site'));
    const playlist = readFileSync(join(world.base, 'site', 'index.m3u8'), 'utf8');
    const seen: string[][] = [];
    // It is asked for once to resolve the page and once to download the segments.
    world.site.routes.set('/signed.m3u8', (_, response) => {
      seen.push(commandLinesOfChildren());
      response.writeHead(200, { 'content-type': 'application/vnd.apple.mpegurl' }).end(playlist);
    });
    await fetchPath(world, tools, '/signed.m3u8?token=a-signed-query');
    expect(seen.length).toBeGreaterThan(1);
    for (const lines of seen) {
      expect(lines).toContainEqual(expect.stringContaining(tools.ytdlpDirectory!));
      expect(lines).not.toContainEqual(expect.stringMatching(/a-signed-query|http:\/\/job:/));
    }
  });
});
