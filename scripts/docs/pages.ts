/** The pages of docs/ that are generated from code. */
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { ROOT } from '../lib/paths.ts';
import { providersPage } from './providers.ts';
import { troubleshootingPage } from './troubleshooting.ts';

/** The text of each page by its path from the root, formatted with prettier. */
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
