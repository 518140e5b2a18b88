/** `/dashboard/members/audit`: who changed settings, keys and members. */
import { Hono } from 'hono';
import { listAudit, type AuditEntry } from '../../../audit/list-audit.ts';
import type { Ctx } from '../../../context.ts';
import type { AuditAction } from '../../../contract/accounts/audit.ts';
import { Card } from '../../components/card.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { EmptyState, Pagination, Table } from '../../components/table.tsx';
import { Time } from '../../components/time.tsx';
import { showPage } from '../../layout/show-page.tsx';
import { requireUserScope, sessionOf } from '../../require-session.ts';
import type { SiteEnv } from '../../site-env.ts';
import { MEMBERS_PATH } from './paths.ts';

const PATH = `${MEMBERS_PATH}/audit`;

const WORDS: Record<AuditAction, string> = {
  'workspace.created': 'made the workspace',
  'workspace.renamed': 'renamed the workspace to',
  'workspace.plan_changed': 'changed the plan of',
  'member.invited': 'invited',
  'member.joined': 'joined as',
  'member.role_changed': 'changed the role of',
  'member.removed': 'removed',
  'member.left': 'left as',
  'member.reset_link_made': 'made a link for a new password of',
  'member.password_changed': 'changed the password of',
  'member.password_reset': 'set a new password with a link for',
  'invitation.withdrawn': 'withdrew the invitation of',
  'key.created': 'made the API key',
  'key.rotated': 'replaced the API key',
  'key.revoked': 'revoked the API key',
  'storage.saved': 'saved the storage settings of',
  'storage.deleted': 'deleted the storage settings of',
  'webhook.created': 'made the webhook',
  'webhook.changed': 'changed the webhook',
  'webhook.secret_rotated': 'replaced the secret of the webhook',
  'webhook.deleted': 'deleted the webhook',
};

const actorOf = ({ row, actorName }: AuditEntry): string => {
  if (row.actorType === 'key') return `API key ${actorName ?? row.actorId}`;
  return actorName ?? (row.actorType === 'system' ? 'the service' : 'a deleted account');
};

/** `to: owner, from: member`. */
const detailsOf = ({ row: { details } }: AuditEntry): string =>
  Object.entries(details ?? {})
    .filter(([name]) => name !== 'invitedBy')
    .map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join(', ') : String(value)}`)
    .join(', ');

/** The page, for the site's app to mount. */
export function auditPages(ctx: Ctx): Hono<SiteEnv> {
  return new Hono<SiteEnv>().get(PATH, requireUserScope('admin'), async (c) => {
    const { workspaceId } = sessionOf(c).principal;
    const before = c.req.query('before') ?? null;
    const { entries, next } = await listAudit(ctx, { workspaceId, before });
    const body = (
      <>
        <PageHeader
          title="Audit log"
          lead="Who changed settings, keys, members and passwords. Rows are kept for 400 days."
          up={{ href: MEMBERS_PATH, label: 'Members' }}
        />
        <Card flush>
          {entries.length === 0 ? (
            <EmptyState title="Nothing was changed">Changes appear here from now on.</EmptyState>
          ) : (
            <AuditTable entries={entries} />
          )}
        </Card>
        <Pagination
          first={before === null ? null : PATH}
          next={next === null ? null : `${PATH}?${new URLSearchParams({ before: next }).toString()}`}
        />
      </>
    );
    return showPage(c, { title: 'Audit log', body });
  });
}

const AuditTable = ({ entries }: { entries: AuditEntry[] }) => (
  <Table
    caption="Changes, the newest first"
    rows={entries}
    columns={[
      {
        label: 'Change',
        cell: ({ row }) => `${WORDS[row.action] ?? row.action} ${row.subjectName ?? ''}`.trim(),
      },
      { label: 'By', cell: actorOf },
      { label: 'Details', cell: (entry) => detailsOf(entry) || '–' },
      { label: 'When', cell: ({ row }) => <Time at={row.createdAt} /> },
    ]}
  />
);
