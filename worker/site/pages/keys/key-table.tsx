/** The list of API keys. */
import type { FC } from 'hono/jsx';
import type { KeyView } from '../../../contract/api/keys.ts';
import { Badge } from '../../components/badge.tsx';
import { ConfirmButton } from '../../components/confirm.tsx';
import { EmptyState, Table } from '../../components/table.tsx';
import { Ago, Time } from '../../components/time.tsx';

export const revokeTitle = ({ name }: KeyView): string => `Revoke the key "${name}"?`;
export const rotateTitle = ({ name }: KeyView): string => `Replace the key "${name}"?`;

export const RevokeEffects = () => (
  <p>Programs that use it are refused from then on. Running imports go on.</p>
);
export const RotateEffects = () => (
  <p>
    A new key with the same rights takes its place. The old one still works for a day, so that you can change
    it.
  </p>
);

const STATUS = {
  active: { word: 'Active', tone: 'good' },
  expired: { word: 'Expired', tone: 'warn' },
  revoked: { word: 'Revoked' },
} as const;

export const KeyTable: FC<{ keys: readonly KeyView[]; now: number }> = ({ keys, now }) =>
  keys.length === 0 ? (
    <EmptyState title="No keys yet">Create one below, and the API is open to your programs.</EmptyState>
  ) : (
    <Table
      caption="API keys"
      rows={keys}
      columns={[
        {
          label: 'Key',
          cell: ({ name, lastFour }) => (
            <span class="stack tight">
              <strong>{name}</strong>
              <span class="soft small">ends with {lastFour}</span>
            </span>
          ),
        },
        { label: 'State', cell: ({ status }) => <Badge {...STATUS[status]} /> },
        { label: 'Scopes', cell: ({ scopes }) => <span class="small">{scopes.join(', ')}</span> },
        {
          label: 'Last used',
          cell: ({ lastUsedAt }) => (
            <span class="nowrap">{lastUsedAt === null ? 'Never' : <Ago at={lastUsedAt} now={now} />}</span>
          ),
        },
        {
          label: 'Ends',
          cell: ({ expiresAt }) => (
            <span class="nowrap">{expiresAt === null ? 'Never' : <Time at={expiresAt} />}</span>
          ),
        },
        { label: '', end: true, cell: (key) => <Buttons view={key} /> },
      ]}
    />
  );

const Buttons: FC<{ view: KeyView }> = ({ view }) => {
  if (view.status !== 'active') return null;
  const path = `/dashboard/keys/${view.id}`;
  return (
    <div class="row">
      {view.replacedBy === null && (
        <a class="button small" href={`${path}/rotate`}>
          Replace
        </a>
      )}
      <ConfirmButton
        id={`revoke-${view.id}`}
        href={`${path}/revoke`}
        title={revokeTitle(view)}
        open="Revoke"
        confirm="Revoke the key"
        small
      >
        <RevokeEffects />
      </ConfirmButton>
    </div>
  );
};
