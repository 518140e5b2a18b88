/** The pages of docs/ that are made of code. */
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { ROOT } from '../lib/paths.ts';
import { providersPage } from './providers.ts';
import { troubleshootingPage } from './troubleshooting.ts';

/** By path below the root of the project, formatted as the check wants them. */
export async function generatedPages(): Promise<Map<string, string>> {
  const config = await resolveConfig(join(ROOT, 'README.md'));
  const pages = new Map<string, string>();
  for (const [path, text] of [
    ['docs/troubleshooting.md', troubleshootingPage()],
    ['docs/providers/README.md', providersPage()],
  ] as const) {
    pages.set(path, await format(text, { ...config, parser: 'markdown' }));
  }
  return pages;
}
