/** `/dashboard/usage`: what the jobs of a workspace used and cost, by day, reason, site and key. */
import { Hono, type Context } from 'hono';
import type { FC } from 'hono/jsx';
import type { Ctx } from '../../../context.ts';
import type { Usage } from '../../../contract/api/usage.ts';
import { readUsageView } from '../../../routes/usage.ts';
import { toUsageCsv } from '../../../views/usage-csv.ts';
import { Card } from '../../components/card.tsx';
import { Figure } from '../../components/figure.tsx';
import { formatBytes, formatCount } from '../../components/format.ts';
import { PageHeader } from '../../components/page-header.tsx';
import { EmptyState } from '../../components/table.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { showPage } from '../../layout/show-page.tsx';
import { requireUserScope, sessionOf } from '../../require-session.ts';
import type { SiteEnv } from '../../site-env.ts';
import { daysOf } from './days.ts';
import { DayCharts } from './day-charts.tsx';
import { Failures, Groups } from './usage-tables.tsx';

const PATH = '/dashboard/usage';
const DAY_MS = 86_400_000;
const RANGES = [7, 30, 90] as const;

/** The pages, for the site's app to mount. */
export function usagePages(ctx: Ctx): Hono<SiteEnv> {
  const app = new Hono<SiteEnv>();
  app.use(PATH, requireUserScope('usage'));
  app.use(`${PATH}/*`, requireUserScope('usage'));
  app.get(PATH, (c) => showUsage(ctx, c));
  app.get(`${PATH}/usage.csv`, async (c) => {
    const usage = await read(ctx, c, ['day', 'kind', 'destination']);
    c.header('Content-Disposition', `attachment; filename="usage-${usage.from}-${usage.to}.csv"`);
    const csv = toUsageCsv(usage, ['day', 'kind', 'destination']);
    return c.body(csv, 200, { 'Content-Type': 'text/csv; charset=utf-8' });
  });
  return app;
}

type Group = Parameters<typeof toUsageCsv>[1][number];

function read(ctx: Ctx, c: Context<SiteEnv>, groupBy: Group[]): Promise<Usage> {
  const { workspaceId } = sessionOf(c).principal;
  const from = new Date(ctx.now() - (rangeOf(c) - 1) * DAY_MS).toISOString().slice(0, 10);
  return readUsageView(ctx, workspaceId, { from, to: undefined, groupBy });
}

/** The days that the address asks for; 30 unless it names one of the tabs. */
function rangeOf(c: Context<SiteEnv>): number {
  return RANGES.find((days) => String(days) === c.req.query('days')) ?? 30;
}

async function showUsage(ctx: Ctx, c: Context<SiteEnv>): Promise<Response> {
  const [byDay, byHost, byKind] = await Promise.all([
    read(ctx, c, ['day']),
    read(ctx, c, ['host']),
    read(ctx, c, ['kind', 'destination']),
  ]);
  const days = rangeOf(c);
  const body = (
    <>
      <PageHeader title="Usage" lead={`${byDay.from} to ${byDay.to}, in UTC.`} guide="/docs/billing">
        <a class="button" href={`${PATH}/usage.csv?days=${days}`} download>
          Download CSV
        </a>
      </PageHeader>
      <div class="stack">
        <Tabs
          label="Range"
          tabs={RANGES.map((count) => ({
            href: `${PATH}?days=${count}`,
            label: `${count} days`,
            isCurrent: count === days,
          }))}
        />
        <Totals usage={byDay} />
        {byDay.total.jobs === 0 ? (
          <Card>
            <EmptyState title="Nothing ended in these days">
              Charts of imports, bytes and cost appear here after the first import.
            </EmptyState>
          </Card>
        ) : (
          <>
            <DayCharts days={daysOf(byDay)} />
            <Failures failures={byDay.total.failures} />
            <Groups title="By site" rows={byHost.rows} nameOf={({ host }) => host ?? 'Unknown'} />
            <Groups
              title="By kind and destination"
              rows={byKind.rows}
              nameOf={({ kind, destination }) => `${kind ?? 'unknown'}, ${destination ?? 'our storage'}`}
            />
          </>
        )}
      </div>
    </>
  );
  return showPage(c, { title: 'Usage', body });
}

const Totals: FC<{ usage: Usage }> = ({ usage: { total, balance } }) => (
  <div class="columns narrow">
    <Figure label="Completed" value={formatCount(total.completed)} />
    <Figure label="Failed" value={formatCount(total.failed)} />
    <Figure label="Stored" value={formatBytes(total.bytes)} />
    <Figure label="Cost" value={`$${total.costInDollars.toFixed(2)}`} />
    {balance && <Figure label="Balance" value={`$${balance.balanceInDollars.toFixed(2)}`} />}
    {balance && balance.freeBytesLeft > 0 && (
      <Figure label="Free bytes left" value={formatBytes(balance.freeBytesLeft)} />
    )}
  </div>
);
