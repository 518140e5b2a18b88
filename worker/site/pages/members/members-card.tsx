import type { Member } from '../../../accounts/members/list-members.ts';
import { ROLES } from '../../../accounts/roles.ts';
import { ButtonLink, SubmitButton } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { ChoiceForm } from '../../components/choice-form.tsx';
import { Table } from '../../components/table.tsx';
import { Time } from '../../components/time.tsx';
import { MEMBERS_PATH } from './paths.ts';

interface MembersCardProps {
  members: Member[];
  /** The user who looks at the page. */
  userId: string;
  isOwner: boolean;
}

/** The members, and for owners what they can do about each. */
export const MembersCard = ({ members, userId, isOwner }: MembersCardProps) => (
  <Card title="Members" flush>
    <Table
      caption="Members of the workspace"
      rows={members}
      columns={[
        {
          label: 'Member',
          cell: (member) => (
            <span class="two-lines">
              <span>
                {member.name}
                {member.userId === userId && ' (you)'}
              </span>
              <span class="soft small">{member.email}</span>
            </span>
          ),
        },
        {
          label: 'Role',
          cell: ({ userId: id, name, role }) =>
            isOwner ? (
              <ChoiceForm
                action={`${MEMBERS_PATH}/${id}/role`}
                name="role"
                label={`Role of ${name}`}
                options={ROLES}
                value={role}
              />
            ) : (
              role
            ),
        },
        { label: 'Since', cell: ({ joinedAt }) => <Time at={joinedAt} /> },
        {
          label: '',
          end: true,
          cell: (member) => (
            <div class="row">
              {isOwner && member.userId !== userId && (
                <form method="post" action={`${MEMBERS_PATH}/${member.userId}/reset-link`}>
                  <SubmitButton small>New password</SubmitButton>
                </form>
              )}
              {(isOwner || member.userId === userId) && (
                <ButtonLink small kind="danger" href={`${MEMBERS_PATH}/${member.userId}/remove`}>
                  {member.userId === userId ? 'Leave' : 'Remove'}
                </ButtonLink>
              )}
            </div>
          ),
        },
      ]}
    />
  </Card>
);
