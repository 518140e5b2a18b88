import type { SiteSession } from '../../../accounts/site-session.ts';
import { SubmitButton } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { TextField } from '../../components/field.tsx';
import { Table } from '../../components/table.tsx';

/** The workspaces of the user. */
export const WorkspacesCard = ({ session, canMake }: { session: SiteSession; canMake: boolean }) => (
  <Card title="Workspaces" flush>
    <Table
      caption="Your workspaces"
      rows={session.workspaces}
      columns={[
        { label: 'Workspace', cell: ({ name }) => name },
        { label: 'Your role', cell: ({ role }) => role },
        {
          label: '',
          end: true,
          cell: ({ id }) =>
            id === session.workspace.id ? (
              'shown now'
            ) : (
              <form method="post" action="/dashboard/workspace">
                <SubmitButton small name="workspaceId" value={id}>
                  Show
                </SubmitButton>
              </form>
            ),
        },
      ]}
    />
    {canMake && (
      <form method="post" action="/dashboard/workspaces" class="card-body">
        <div class="stack">
          <TextField name="name" label="Name of a new workspace" />
          <div class="row">
            <SubmitButton>Make a workspace</SubmitButton>
          </div>
        </div>
      </form>
    )}
  </Card>
);
