/** Deletes a destination, after a page or a dialog that says what becomes of running imports. */
import { Hono, type Context } from 'hono';
import type { FC } from 'hono/jsx';
import type { Ctx } from '../../../context.ts';
import type { DestinationView } from '../../../contract/api/storage/destination-view.ts';
import { deleteDestination, getDestination } from '../../../storage/destinations/destinations.ts';
import { toDestinationView } from '../../../views/destination-view.ts';
import { ConfirmPage } from '../../components/confirm.tsx';
import { redirectWith } from '../../flash.ts';
import { showPage } from '../../layout/show-page.tsx';
import { sessionOf } from '../../require-session.ts';
import type { SiteEnv } from '../../site-env.ts';
import { STORAGE_PATH } from './paths.ts';
import { placeOf } from './place.ts';

export const deletionTitle = ({ bucket }: DestinationView): string =>
  `Delete the configuration of ${bucket}?`;

/** As the API does it, in the words of a person. */
export const DeletionEffects: FC<{ view: DestinationView }> = ({ view: { fallback, isDefault } }) => (
  <ul>
    <li>Files that are in the bucket stay there. Only the keys and the settings are deleted.</li>
    <li>
      {fallback === 'none'
        ? 'Imports that are running to this bucket fail, because its settings keep files out of our storage.'
        : 'Imports that are running to this bucket store their files in our storage instead.'}
    </li>
    <li>
      {isDefault
        ? 'Later imports with "store": true go to our storage, until another destination is the default.'
        : 'Later imports that name this destination are refused.'}
    </li>
    <li>Links that we sign for files in the bucket stop working.</li>
  </ul>
);

/** The pages, for the pages of storage to mount. */
export function deletePages(ctx: Ctx): Hono<SiteEnv> {
  const app = new Hono<SiteEnv>();
  for (const place of [STORAGE_PATH, `${STORAGE_PATH}/destinations/:name`]) {
    app.get(`${place}/delete`, (c) => confirm(ctx, c));
    app.post(`${place}/delete`, (c) => remove(ctx, c));
  }
  return app;
}

const refOf = (c: Context<SiteEnv>) => ({
  workspaceId: sessionOf(c).principal.workspaceId,
  actor: sessionOf(c).principal.actor,
  name: placeOf(c).name,
});

async function confirm(ctx: Ctx, c: Context<SiteEnv>): Promise<Response> {
  const view = await toDestinationView(ctx, await getDestination(ctx, refOf(c)));
  const title = deletionTitle(view);
  const { action } = placeOf(c);
  const body = (
    <ConfirmPage title={title} action={`${action}/delete`} back={action} confirm="Delete the configuration">
      <DeletionEffects view={view} />
    </ConfirmPage>
  );
  return showPage(c, { title, body });
}

async function remove(ctx: Ctx, c: Context<SiteEnv>): Promise<Response> {
  await deleteDestination(ctx, refOf(c));
  return redirectWith(c, STORAGE_PATH, {
    kind: 'done',
    text: 'The configuration is deleted. Files in the bucket stay.',
  });
}
