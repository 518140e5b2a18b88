import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkSync } from 'recheck';
import { describe, expect, it } from 'vitest';
import { regexLiterals } from '../support/regex-literals.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Milliseconds for one pattern; the slowest one takes two seconds on a busy machine. */
const CHECK_TIMEOUT_MS = 60_000;
/** Patterns with counted repetitions are checked with random inputs, some of which wrongly report a linear pattern as slow. */
const RANDOM_SEED = 1;

// The engine in JavaScript: the others start a JVM or a native program.
process.env['RECHECK_BACKEND'] = 'pure';

/** The modules that see foreign bytes and texts. */
function modulesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

const patterns = ['downloader', 'worker/contract']
  .flatMap(modulesIn)
  .flatMap((module) =>
    regexLiterals(readFileSync(join(ROOT, module), 'utf8')).map(
      ({ source, flags, line }) => [`${module}:${line}`, source, flags] as const,
    ),
  );

describe('the regular expressions of the downloader and the contract', () => {
  it('are found', () => {
    expect(patterns.length).toBeGreaterThan(80);
    for (const [, source, flags] of patterns) expect(new RegExp(source, flags)).toBeInstanceOf(RegExp);
  });

  it.each(patterns)(
    'take linear time for their worst case: %s',
    (_, source, flags) => {
      const diagnostics = checkSync(source, flags, { timeout: CHECK_TIMEOUT_MS, randomSeed: RANDOM_SEED });
      // The message of a failure holds the input that takes longest.
      expect(diagnostics).toMatchObject({ status: 'safe' });
    },
    CHECK_TIMEOUT_MS,
  );
});

describe('a finder of regular expressions', () => {
  it('tells them from divisions, comments, strings and templates', () => {
    const text = [
      'const a = b / c / d; // /no/',
      "const e = '/no/' + `/no/ ${f.replace(/one/g, `${/two/.source}`)} /no/`;",
      'return /[/]three\\//i.test(x) && [1] / 2 / 3 /* /no/ */ ? g(/four/) : (a) / b / c;',
    ].join('\n');
    expect(regexLiterals(text).map(({ source }) => source)).toEqual(['one', 'two', '[/]three\\/', 'four']);
  });
});
