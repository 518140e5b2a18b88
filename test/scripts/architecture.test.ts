/** Checks the tables of docs/architecture.md, which the lint reads, against each other and against the source tree. */
import { globSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { mayImport, readArchitecture, roomOf } from '../../scripts/lint/rooms.ts';

const ROOT = join(import.meta.dirname, '../..');
const architecture = readArchitecture(join(ROOT, 'docs/architecture.md'));
const { rooms } = architecture;
const sources = globSync('{worker,downloader}/**/*.ts', { cwd: ROOT });

/** Returns the rooms that a room can reach through allowed imports. In a cycle, this includes the room. */
function reachableFrom(name: string): Set<string> {
  const reached = new Set<string>();
  const visit = (from: string) => {
    const room = rooms.find((candidate) => candidate.name === from);
    for (const to of rooms) {
      if (!room || to === room || reached.has(to.name) || !mayImport(architecture, room, to.name)) continue;
      reached.add(to.name);
      visit(to.name);
    }
  };
  visit(name);
  return reached;
}

describe('the table of rooms', () => {
  test('no room can reach itself', () => {
    expect(rooms.filter(({ name }) => reachableFrom(name).has(name)).map(({ name }) => name)).toEqual([]);
  });

  test('every path in it has files', () => {
    const used = new Set(sources.map((file) => roomOf(architecture, file)?.name));
    expect(rooms.map(({ name }) => name).filter((name) => !used.has(name))).toEqual([]);
  });

  test('every name in it is a room', () => {
    const words = [
      ...rooms.map((room) => room.mayImport),
      ...architecture.packages.map((rule) => rule.rooms),
    ];
    const names = rooms.map(({ name }) => name);
    const unknown = words.flat().filter((word) => !word.endsWith('*') && !names.includes(word));
    expect(unknown).toEqual([]);
  });
});

test('no folder contains more than 22 files', () => {
  const folders = globSync('{worker,downloader,scripts,test,docs}{,/**/}', { cwd: ROOT });
  // Pictures of pages are written by `npm run screenshots`, several for each page.
  const filesIn = (folder: string) =>
    readdirSync(join(ROOT, folder), { withFileTypes: true }).filter(
      (entry) => entry.isFile() && !entry.name.endsWith('.webp'),
    ).length;
  const large = folders.filter((folder) => filesIn(folder) > 22);
  expect(large).toEqual([]);
});
