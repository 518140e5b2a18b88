/** The link for the first owner, made in the remote database: only the hash of its token travels. */
import { z } from 'zod';
import { makeOwnerLink, SELECT_OWNER } from '../../worker/accounts/links/make-link.ts';
import type { FirstKeyInput } from './first-key.ts';

/** Returns the path of a new link; null when the deployment has an owner. */
export async function makeFirstOwnerLink({
  api,
  wrangler,
  record,
  databaseId,
}: Pick<FirstKeyInput, 'api' | 'wrangler' | 'record' | 'databaseId'>): Promise<string | null> {
  const [owner] = await api.select(databaseId, SELECT_OWNER, [], z.object({ found: z.number() }));
  if (owner !== undefined) return null;
  const { path, statements } = await makeOwnerLink(Date.now());
  const command = statements.join(';\n');
  const config = ['--config', record.configPath];
  await wrangler('d1', 'execute', 'DB', '--remote', '--yes', ...config, '--command', command);
  return path;
}
