/** Reads the two tables of docs/architecture.md that say which folder may import which folder and which package. */
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';

export interface Room {
  /** The first path of the room, as the table writes it. */
  name: string;
  /** `worker/jobs/` is a folder with everything below it, `worker/*.ts` the files of one folder, `worker/app.ts` one file. */
  paths: string[];
  /** Names of rooms. A pattern that ends in `*` stands for every room whose name starts like it. */
  mayImport: string[];
}

export interface PackageRule {
  /** The name of a package, or a pattern that ends in `*`. */
  package: string;
  /** The rooms that may import it, as in `Room.mayImport`. */
  rooms: string[];
}

export interface Architecture {
  rooms: Room[];
  packages: PackageRule[];
}

const codeWords = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, word]) => word ?? '');

/** The rows of the Markdown table whose first header cell is `title`, as cells. Throws when there is no such table. */
function readTable(markdown: string, title: string): string[][] {
  const lines = markdown.split('\n');
  const start = lines.findIndex((line) => new RegExp(`^\\| ${title} +\\|`).test(line));
  if (start === -1) throw new Error(`docs/architecture.md has no table whose first column is "${title}".`);
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) => line.split('|').slice(1, -1));
}

/** The tables of this file, as data. */
export function readArchitecture(file: string): Architecture {
  const markdown = readFileSync(file, 'utf8');
  const rooms = readTable(markdown, 'room').map(([paths, , mayImport]): Room => {
    const words = codeWords(paths);
    return { name: words[0] ?? '', paths: words, mayImport: codeWords(mayImport) };
  });
  const packages = readTable(markdown, 'package').flatMap(([names, importers]) =>
    codeWords(names).map((name): PackageRule => ({ package: name, rooms: codeWords(importers) })),
  );
  return { rooms, packages };
}

/** Whether a name is this pattern, or starts like it where it ends in `*`. */
const matches = (pattern: string, name: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;

/** How exactly a path of the table names a file: 0 when it does not. A file beats a folder, a deep folder a shallow one. */
function precision(path: string, file: string): number {
  if (path === file) return Number.POSITIVE_INFINITY;
  if (path.endsWith('/')) return file.startsWith(path) ? path.length : 0;
  return path.endsWith('/*.ts') && posix.dirname(file) === posix.dirname(path) ? path.length : 0;
}

/** The room of a file, given by its path from the root. */
export function roomOf({ rooms }: Architecture, file: string): Room | undefined {
  const precisionOf = (room: Room) => Math.max(...room.paths.map((path) => precision(path, file)));
  const [best] = rooms.toSorted((a, b) => precisionOf(b) - precisionOf(a));
  return best && precisionOf(best) > 0 ? best : undefined;
}

/** What a specifier in `file` leads to: the name of a package, or of a room, or a path outside all rooms. */
export function importTarget(architecture: Architecture, file: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  const path = posix.join(posix.dirname(file), specifier);
  return roomOf(architecture, path)?.name ?? path;
}

/** Whether a room may import this target of `importTarget`. Where several rows match a package, the longest one decides. */
export function mayImport({ packages }: Architecture, room: Room, target: string): boolean {
  if (target === room.name || room.mayImport.some((pattern) => matches(pattern, target))) return true;
  const rules = packages.filter((rule) => matches(rule.package, target));
  const [rule] = rules.toSorted((a, b) => b.package.length - a.package.length);
  return rule?.rooms.some((pattern) => matches(pattern, room.name)) ?? false;
}
