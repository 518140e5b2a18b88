/** The URLs and the key after a start: printed for the user, and written to dev.json for scripts. */
import { join } from 'node:path';
import { z } from 'zod';
import { readJson, writePrivate } from '../lib/private-file.ts';

/** A start of an earlier version wrote no URL of the dashboard. */
const DevFile = z.object({ apiUrl: z.string(), apiKey: z.string(), dashboardUrl: z.string().optional() });
export type DevFile = z.infer<typeof DevFile>;

const pathOf = (stateDirectory: string) => join(stateDirectory, 'dev.json');

/** Returns dev.json of the last start, or null if it is missing or damaged, since it can be written again. */
export function readDevFile(stateDirectory: string): DevFile | null {
  try {
    return DevFile.parse(readJson(pathOf(stateDirectory)));
  } catch {
    return null;
  }
}

/** Writes dev.json, with mode 0600 because it contains the key. */
export function writeDevFile(stateDirectory: string, dev: DevFile): void {
  writePrivate(pathOf(stateDirectory), `${JSON.stringify(dev, null, 2)}\n`);
}

/** The example in the published guide. */
const SAMPLE_URL = 'https://youtube.com/watch?v=dQw4w9WgXcQ';

const SETUP_NOTE =
  '  The link makes your account. It works once, for 30 minutes; npm run owner-link makes another one.';

/** Returns the lines that are printed after a start. */
export function greeting({ apiUrl, apiKey, dashboardUrl }: DevFile & { dashboardUrl: string }): string {
  return [
    '',
    `  Dashboard: ${dashboardUrl}`,
    ...(dashboardUrl.includes('/setup/') ? [SETUP_NOTE] : []),
    '',
    `  API       ${apiUrl}`,
    `  API key   ${apiKey}`,
    '',
    '  Import a file:',
    `  curl -X POST ${apiUrl}/import -H "Authorization: Bearer ${apiKey}" -H "Content-Type: application/json" -d '{"url": "${SAMPLE_URL}"}'`,
    '',
    '  Get its status, with the jobId from the answer:',
    `  curl -H "Authorization: Bearer ${apiKey}" "${apiUrl}/import/status?id=JOB_ID"`,
    '',
    '  Press Ctrl-C to stop.',
    '',
  ].join('\n');
}
