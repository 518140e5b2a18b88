/** Starts a migration, and answers the part of the page that shows its progress. */
import { Hono } from 'hono';
import type { Ctx } from '../../../context.ts';
import { requireDestination } from '../../../storage/destinations/choose-destination.ts';
import { readMigration, startMigration } from '../../../transfers/migrate-imports.ts';
import { countRequest } from '../../count-request.ts';
import { redirectWith } from '../../flash.ts';
import { readForm } from '../../forms.ts';
import { sessionOf } from '../../require-session.ts';
import type { SiteEnv } from '../../site-env.ts';
import { MigrationProgress } from './migration.tsx';
import { pathOf, STORAGE_PATH } from './paths.ts';

/** The pages, for the pages of storage to mount. */
export function migrationPages(ctx: Ctx): Hono<SiteEnv> {
  const app = new Hono<SiteEnv>();
  app.get(`${STORAGE_PATH}/migration`, async (c) => {
    const progress = await readMigration(ctx, sessionOf(c).principal.workspaceId);
    return c.html(<MigrationProgress progress={progress} />);
  });
  app.post(`${STORAGE_PATH}/migrate`, countRequest(ctx), async (c) => {
    const { workspaceId } = sessionOf(c).principal;
    const { storageDestination } = await readForm(c);
    const row = await requireDestination(ctx, workspaceId, { storageDestination });
    const { total } = await startMigration(ctx, { workspaceId, destinationId: row.id });
    const text =
      total === 0
        ? 'There is nothing to move: no file is in our storage.'
        : `Moving ${total === 1 ? 'one file' : `${total} files`}. You can leave this page.`;
    return redirectWith(c, `${pathOf(row)}#move`, { kind: 'done', text });
  });
  return app;
}
