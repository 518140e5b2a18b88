/** Compares the guides with the code: generated pages, tables of names, links, and names of tests. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { generatedPages } from '../../scripts/docs/pages.ts';
import {
  ATTEMPT_ERRORS,
  CHECK_NAMES,
  CHOICE_FIELDS,
  CONFIG_DEFAULTS,
  EVENT_DEFAULTS,
  REQUEST_FIELDS,
  SETTINGS_FIELDS,
} from '../../scripts/docs/facts.ts';

const ROOT = join(import.meta.dirname, '../..');
const GUIDES = ['README.md', ...globSync('docs/**/*.md', { cwd: ROOT })].toSorted();
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const README = read('README.md');

/** Returns the rows of the first table below a heading. */
function tableBelow(text: string, heading: string): string[][] {
  const from = text.indexOf(`\n${heading}\n`);
  expect(from, `${heading} is there`).toBeGreaterThan(-1);
  const lines = text.slice(from).split('\n');
  const start = lines.findIndex((line) => line.startsWith('|'));
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** Returns the names in backticks in a cell. Some rows have several. */
const namesIn = (cell: string | undefined) =>
  Array.from(cell?.matchAll(/`([^`]+)`/g) ?? [], ([, name]) => name ?? '');
const namesBelow = (text: string, heading: string) =>
  tableBelow(text, heading).flatMap(([cell]) => namesIn(cell));

/** Makes anchors like GitHub: lower case, hyphens for spaces, no punctuation. */
const anchorsOf = (text: string) =>
  Array.from(text.matchAll(/^#{1,6} (.+)$/gm), ([, title]) =>
    (title ?? '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  );

/** Whether a cell in README matches a default in the code: the value, `empty`, `must be set`, or no value. */
function saysDefault(cell: string, value: string | null | undefined): boolean {
  if (value === null) return cell === 'secret' || cell.endsWith('must be set');
  if (value === undefined) return !/^\d/.test(cell);
  return cell.replaceAll('`', '') === (value || 'empty');
}

describe('generated pages', async () => {
  const pages = await generatedPages();
  test.each([...pages])('%s equals the output of `npm run docs`', (path, text) => {
    expect(read(path)).toBe(text);
  });
});

describe('tables of names', () => {
  test('README names every variable of the configuration and its default', () => {
    expect(namesBelow(README, '## Configuration').toSorted()).toEqual(
      Object.keys(CONFIG_DEFAULTS).toSorted(),
    );
    const wrong = tableBelow(README, '## Configuration').filter(
      ([name, fallback]) => !saysDefault(fallback ?? '', CONFIG_DEFAULTS[namesIn(name)[0] ?? '']),
    );
    expect(wrong).toEqual([]);
  });

  test('docs/storage.md names every setting, every parameter and every check', () => {
    const storage = read('docs/storage.md');
    expect(namesBelow(storage, '## Settings').toSorted()).toEqual(SETTINGS_FIELDS.toSorted());
    expect(namesBelow(storage, '## Requests').toSorted()).toEqual(REQUEST_FIELDS.toSorted());
    expect(namesBelow(storage, '## Test Connection')).toEqual(CHECK_NAMES);
  });

  test('docs/choices.md names every field of a choice', () => {
    expect(namesBelow(read('docs/choices.md'), '## Fields')).toEqual(CHOICE_FIELDS);
  });
});

test('docs/webhooks.md names every event with its default, and every error of an attempt', () => {
  const webhooks = read('docs/webhooks.md');
  const rows = tableBelow(webhooks, '## Events').map(([type, , isDefault]) => [namesIn(type)[0], isDefault]);
  expect(rows).toEqual(EVENT_DEFAULTS);
  expect(namesBelow(webhooks, '## Log and replay').toSorted()).toEqual(ATTEMPT_ERRORS.toSorted());
});

describe.each(GUIDES)('%s', (path) => {
  const text = read(path);
  const prose = text.replaceAll(/^ *```.*?^ *```$/gms, '');

  test('names tests that exist', () => {
    const named = Array.from(text.matchAll(/\btest\/[\w./-]+\.test\.ts\b/g), ([name]) => name);
    expect(named.filter((name) => !existsSync(join(ROOT, name)))).toEqual([]);
  });

  test('links to files and headings that exist', () => {
    const links = Array.from(prose.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g));
    const broken = links.filter(([, target, anchor]) => {
      const file = target === '' ? path : relative(ROOT, join(ROOT, dirname(path), target ?? ''));
      if (!existsSync(join(ROOT, file))) return true;
      return anchor !== undefined && !anchorsOf(read(file)).includes(anchor);
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });
});
