/** Checks the tables of docs/architecture.md, which the lint reads, against each other and against the source tree. */
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EXCEPTIONS } from '../../scripts/lint/exceptions.ts';
import { importTarget, mayImport, readArchitecture, roomOf } from '../../scripts/lint/rooms.ts';

const ROOT = join(import.meta.dirname, '../..');
const architecture = readArchitecture(join(ROOT, 'docs/architecture.md'));
const { rooms } = architecture;
const sources = globSync('{worker,downloader}/**/*.ts', { cwd: ROOT });

/** The rooms that can be reached from a room by what the table allows, itself included when there is a cycle. */
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

/** Every import in the source tree, as room and target. */
function* imports(): Generator<[room: string, target: string]> {
  for (const file of sources) {
    const room = roomOf(architecture, file);
    const text = readFileSync(join(ROOT, file), 'utf8');
    for (const [, specifier = ''] of text.matchAll(/(?:from|import) '([^']+)'/g)) {
      if (room) yield [room.name, importTarget(architecture, file, specifier)];
    }
  }
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

test('every exception is still needed', () => {
  const needed = new Set(
    [...imports()]
      .filter(([name, target]) =>
        rooms.some((room) => room.name === name && !mayImport(architecture, room, target)),
      )
      .map((pair) => pair.join(' imports ')),
  );
  expect([...needed].toSorted()).toEqual(EXCEPTIONS.map((pair) => pair.join(' imports ')).toSorted());
});

test('no folder holds more than 20 files', () => {
  const folders = globSync('{worker,downloader,scripts,test,docs}{,/**/}', {
    cwd: ROOT,
    // Its division into folders is under way.
    exclude: ['test/support/strict-s3'],
  });
  const filesIn = (folder: string) =>
    readdirSync(join(ROOT, folder), { withFileTypes: true }).filter((entry) => entry.isFile()).length;
  const large = folders.filter((folder) => filesIn(folder) > 20);
  expect(large).toEqual([]);
});
