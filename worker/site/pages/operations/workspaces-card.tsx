/** All workspaces with their plans and jobs. */
import type { FC } from 'hono/jsx';
import type { Ctx } from '../../../context.ts';
import { listWorkspaces, type WorkspaceState } from '../../../diagnostics/workspaces.ts';
import { cutPage, readCursor } from '../../../http/cursor.ts';
import { costInDollars } from '../../../views/money.ts';
import { PLAN_NAMES } from '../../../contract/plans.ts';
import { Card } from '../../components/card.tsx';
import { ChoiceForm } from '../../components/choice-form.tsx';
import { formatCount } from '../../components/format.ts';
import { Pagination, Table, type Column } from '../../components/table.tsx';
import { Ago } from '../../components/time.tsx';
import { OPERATIONS_PATH } from './paths.ts';

const PAGE_SIZE = 25;
/** What cursors are signed for. */
const LIST = 'workspaces';

interface WorkspacePage {
  workspaces: readonly WorkspaceState[];
  nextCursor: string | null;
  isFirst: boolean;
}

/** A page of the workspaces. AppError `invalid_request` for a cursor of another list. */
export async function readWorkspaces(ctx: Ctx, cursor: string | undefined): Promise<WorkspacePage> {
  const after = await readCursor(ctx.config, LIST, cursor);
  const found = await listWorkspaces(ctx, { after, limit: PAGE_SIZE + 1 });
  const cut = { found, limit: PAGE_SIZE, idOf: ({ id }: WorkspaceState) => id };
  const { page, nextCursor } = await cutPage(ctx.config, LIST, cut);
  return { workspaces: page, nextCursor, isFirst: cursor === undefined };
}

export const WorkspacesCard: FC<WorkspacePage & { isBilled: boolean; now: number }> = (props) => {
  const { workspaces, nextCursor, isFirst, isBilled, now } = props;
  return (
    <Card
      title="Workspaces"
      lead={
        <>
          The newest first. A plan sets <a href="/docs/keys#limits-of-requests">how many requests</a> are
          accepted in an hour.
        </>
      }
      flush
    >
      <Table caption="Workspaces" rows={workspaces} columns={columns(isBilled, now)} />
      <Pagination
        first={isFirst ? null : OPERATIONS_PATH}
        next={nextCursor && `${OPERATIONS_PATH}?${new URLSearchParams({ cursor: nextCursor }).toString()}`}
      />
    </Card>
  );
};

function columns(isBilled: boolean, now: number): readonly Column<WorkspaceState>[] {
  return [
    {
      label: 'Workspace',
      cell: ({ name, id, isOperator }) => (
        <span class="two-lines">
          <strong>{name}</strong>
          <span class="soft small">{isOperator ? `Runs this installation, ${id}` : id}</span>
        </span>
      ),
    },
    {
      label: 'Plan',
      cell: ({ id, name, plan }) => (
        <ChoiceForm
          action={`${OPERATIONS_PATH}/workspaces/${id}/plan`}
          name="plan"
          label={`Plan of ${name}`}
          options={PLAN_NAMES}
          value={plan}
        />
      ),
    },
    { label: 'Members', cell: ({ members }) => formatCount(members) },
    { label: 'Running', cell: ({ running, maxConcurrent }) => `${running} of ${maxConcurrent}` },
    { label: 'Waiting', cell: ({ queued }) => formatCount(queued) },
    ...(isBilled ? [BALANCE] : []),
    { label: 'Created', end: true, cell: ({ createdAt }) => <Ago at={createdAt} now={now} /> },
  ];
}

const BALANCE: Column<WorkspaceState> = {
  label: 'Balance',
  cell: ({ balanceMicrodollars }) => `$${costInDollars(balanceMicrodollars).toFixed(2)}`,
};
