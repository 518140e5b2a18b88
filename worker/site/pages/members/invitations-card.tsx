import type { Invitation } from '../../../accounts/members/invite.ts';
import { SubmitButton } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { SelectField, TextField } from '../../components/field.tsx';
import { Table } from '../../components/table.tsx';
import { Time } from '../../components/time.tsx';
import type { Problems, Typed } from '../../forms.ts';
import { FormProblem } from '../../components/note.tsx';
import { MEMBERS_PATH } from './paths.ts';

const ROLE_CHOICES = [
  ['member', 'Member: imports, storage, webhooks and usage'],
  ['read-only', 'Read-only: looks at imports and usage'],
  ['owner', 'Owner: everything, also members and API keys'],
] as const;

/** Invites a person. */
export const InviteCard = ({ typed, problems }: { typed: Typed; problems: Problems }) => (
  <form method="post" action={`${MEMBERS_PATH}/invitations`}>
    <Card
      title="Invite a person"
      lead="The link works once, for a week."
      foot={<SubmitButton kind="primary">Invite</SubmitButton>}
    >
      <div class="stack">
        <FormProblem problems={problems} />
        <TextField
          name="email"
          label="E-mail address"
          type="email"
          value={typed['email']}
          error={problems.email}
        />
        <SelectField
          name="role"
          label="Role"
          value={typed['role'] ?? 'member'}
          options={ROLE_CHOICES}
          error={problems.role}
        />
      </div>
    </Card>
  </form>
);

/** Invitations that nobody has accepted yet. */
export const InvitationsCard = ({ invitations }: { invitations: Invitation['invitation'][] }) => (
  <Card title="Open invitations" flush>
    <Table
      caption="Open invitations"
      rows={invitations}
      columns={[
        { label: 'Address', cell: ({ email }) => email },
        { label: 'Role', cell: ({ role }) => role },
        { label: 'Ends', cell: ({ expiresAt }) => <Time at={expiresAt} /> },
        {
          label: '',
          end: true,
          cell: ({ id, email }) => (
            <form method="post" action={`${MEMBERS_PATH}/invitations/${id}/withdraw`}>
              <SubmitButton small kind="danger" aria-label={`Withdraw the invitation of ${email}`}>
                Withdraw
              </SubmitButton>
            </form>
          ),
        },
      ]}
    />
  </Card>
);
