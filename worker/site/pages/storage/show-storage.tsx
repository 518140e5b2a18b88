/** The page of a destination: its form, what is known about it, and the other destinations. */
import type { Context } from 'hono';
import type { FC } from 'hono/jsx';
import type { Ctx } from '../../../context.ts';
import type { ConnectionReport } from '../../../contract/api/storage/connection-report.ts';
import type { DestinationView } from '../../../contract/api/storage/destination-view.ts';
import { AppError } from '../../../errors.ts';
import { listDestinations } from '../../../storage/destinations/destinations.ts';
import { readMigration } from '../../../transfers/migrate-imports.ts';
import { toDestinationView } from '../../../views/destination-view.ts';
import { ConfirmButton } from '../../components/confirm.tsx';
import { Card } from '../../components/card.tsx';
import { Note } from '../../components/note.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import type { Problems, Typed } from '../../forms.ts';
import { showPage } from '../../layout/show-page.tsx';
import { sessionOf } from '../../require-session.ts';
import type { SiteEnv } from '../../site-env.ts';
import { AccessPolicy } from './access-policy.tsx';
import { ConnectionChecks } from './connection-checks.tsx';
import { DeletionEffects, deletionTitle } from './delete-destination.tsx';
import { DestinationList } from './destination-list.tsx';
import { LearnedFacts } from './learned-facts.tsx';
import { MigrationCard, type Progress } from './migration.tsx';
import { STORAGE_PATH } from './paths.ts';
import type { Place } from './place.ts';
import { findProvider, hasPolicy } from './providers.ts';
import { StorageForm } from './storage-form.tsx';
import { toTyped } from './storage-input.ts';

/** What the last form on the page led to. */
interface Outcome {
  /** Default: the saved settings. */
  typed?: Typed;
  problems?: Problems;
  report?: ConnectionReport;
}

/** Answers with the page. Status 422 when something typed is wrong. */
export async function showStorage(
  ctx: Ctx,
  c: Context<SiteEnv>,
  place: Place,
  { typed, problems = {}, report }: Outcome = {},
): Promise<Response> {
  const { workspaceId } = sessionOf(c).principal;
  const [rows, progress] = await Promise.all([
    listDestinations(ctx, workspaceId),
    readMigration(ctx, workspaceId),
  ]);
  const views = await Promise.all(rows.map((row) => toDestinationView(ctx, row)));
  const saved = place.isNew ? null : savedOf(views, place);
  if (saved === null && place.name !== undefined) throw new AppError('destination_not_found');
  const body = (
    <>
      <Header place={place} saved={saved} />
      {saved?.credentials === 'unreadable' && <UnreadableNote />}
      <div class="split">
        <StorageForm
          action={place.action}
          isNew={place.isNew}
          saved={saved}
          typed={typed ?? (saved ? toTyped(saved) : {})}
          problems={problems}
        >
          {report && <ConnectionChecks report={report} />}
        </StorageForm>
        <div class="stack">
          {saved && <LearnedFacts view={saved} now={ctx.now()} />}
          <AccessPolicy
            bucket={typed?.['bucket'] ?? saved?.bucket}
            isHidden={!hasPolicy(findProvider(typed?.['provider'] ?? saved?.provider))}
          />
        </div>
      </div>
      {saved && <SavedParts saved={saved} views={views} progress={progress} action={place.action} />}
    </>
  );
  const isWrong = Object.keys(problems).length > 0;
  return showPage(c, { title: 'S3 Storage', body, status: isWrong ? 422 : 200 });
}

function savedOf(views: readonly DestinationView[], { name }: Place): DestinationView | null {
  return views.find((view) => (name === undefined ? view.isDefault : view.name === name)) ?? null;
}

const Header: FC<{ place: Place; saved: DestinationView | null }> = ({ place, saved }) => {
  const up = { href: STORAGE_PATH, label: 'S3 Storage' };
  if (place.isNew)
    return (
      <PageHeader
        up={up}
        title="New destination"
        lead='A further bucket. Imports choose it with "storageDestination".'
      />
    );
  if (place.name !== undefined) return <PageHeader up={up} title={place.name} />;
  const lead = saved
    ? 'Imports with "store": true go to this bucket.'
    : 'Imports can go straight to your own bucket. Enter its keys, test the connection, and save.';
  return <PageHeader title="S3 Storage" lead={lead} guide="/docs/storage" />;
};

const UnreadableNote = () => (
  <Note tone="bad">
    <strong>The saved keys can no longer be read.</strong>
    Enter the Access Key ID and the Secret Access Key again, and save.
  </Note>
);

interface SavedPartsProps {
  saved: DestinationView;
  views: readonly DestinationView[];
  progress: Progress;
  action: string;
}

/** What is there only once a bucket is saved. */
const SavedParts: FC<SavedPartsProps> = ({ saved, views, progress, action }) => (
  <div class="stack below">
    {saved.isDefault && <DestinationList views={views} />}
    <MigrationCard progress={progress} destination={saved.name} />
    <Card
      title="Delete this configuration"
      lead="The keys are deleted with it. Files in the bucket stay."
      actions={
        <ConfirmButton
          id="delete"
          href={`${action}/delete`}
          title={deletionTitle(saved)}
          open="Delete"
          confirm="Delete the configuration"
        >
          <DeletionEffects view={saved} />
        </ConfirmButton>
      }
    />
  </div>
);
