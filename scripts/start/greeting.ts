/** What a person needs after a start: printed, and written to dev.json for scripts. */
import { join } from 'node:path';
import { z } from 'zod';
import { readJson, writePrivate } from '../lib/private-file.ts';

const DevFile = z.object({ apiUrl: z.string(), apiKey: z.string() });
export type DevFile = z.infer<typeof DevFile>;

const pathOf = (stateDirectory: string) => join(stateDirectory, 'dev.json');

/** The note of the last start, or null when there is none that can be read: it is only derived. */
export function readDevFile(stateDirectory: string): DevFile | null {
  try {
    return DevFile.parse(readJson(pathOf(stateDirectory)));
  } catch {
    return null;
  }
}

/** Writes the note (mode 0600: it holds the key). */
export function writeDevFile(stateDirectory: string, dev: DevFile): void {
  writePrivate(pathOf(stateDirectory), `${JSON.stringify(dev, null, 2)}\n`);
}

/** The example of the published guide. */
const SAMPLE_URL = 'https://youtube.com/watch?v=dQw4w9WgXcQ';

/** The lines of the greeting. */
export function greeting({ apiUrl, apiKey }: DevFile): string {
  return [
    '',
    `  API       ${apiUrl}`,
    `  API key   ${apiKey}`,
    '',
    '  Import a file:',
    `  curl -X POST ${apiUrl}/import -H "Authorization: Bearer ${apiKey}" -H "Content-Type: application/json" -d '{"url": "${SAMPLE_URL}"}'`,
    '',
    '  Look at it (with the jobId of the answer):',
    `  curl -H "Authorization: Bearer ${apiKey}" "${apiUrl}/import/status?id=JOB_ID"`,
    '',
    '  Ctrl-C ends it.',
    '',
  ].join('\n');
}
