/** `/dashboard/operations`: the whole installation, for its operator. To everyone else the page does not exist. */
import { Hono, type Context } from 'hono';
import type { FC } from 'hono/jsx';
import { z } from 'zod';
import { changePlan } from '../../../accounts/workspaces/change-plan.ts';
import type { Diagnosis } from '../../../contract/api/diagnostics.ts';
import type { Ctx } from '../../../context.ts';
import { PLAN_NAMES } from '../../../contract/plans.ts';
import { diagnose } from '../../../diagnostics/diagnose.ts';
import { readFleet } from '../../../diagnostics/fleet.ts';
import { readQueueProbe } from '../../../diagnostics/queue-probe.ts';
import { readQueue, type QueueState } from '../../../diagnostics/workspaces.ts';
import {
  readDeadLetters,
  replayDeadLetter,
  replayDeadLetters,
} from '../../../doorbell/replay-dead-letters.ts';
import { readSitesOfEveryone } from '../../../jobs/sites/read-sites.ts';
import { AppError } from '../../../errors.ts';
import { findBlockingSilence } from '../../../routes/health.ts';
import { VERSION } from '../../../version.ts';
import { toSiteView } from '../../../views/site-view.ts';
import { Figure } from '../../components/figure.tsx';
import { formatCount, formatDuration } from '../../components/format.ts';
import { Note } from '../../components/note.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Ago } from '../../components/time.tsx';
import { redirectWith } from '../../flash.ts';
import { readForm } from '../../forms.ts';
import { showPage } from '../../layout/show-page.tsx';
import { requireSiteOperator, sessionOf } from '../../require-session.ts';
import type { SiteEnv } from '../../site-env.ts';
import { DeadLetterCard } from './dead-letter-card.tsx';
import { DoctorCard, QueueProbeRow } from './doctor-card.tsx';
import { FleetCard } from './fleet-card.tsx';
import { DOCTOR_PATH, OPERATIONS_PATH, REPLAY_PATH } from './paths.ts';
import { SitesCard } from './sites-card.tsx';
import { readWorkspaces, WorkspacesCard } from './workspaces-card.tsx';

/** Dead letters that the page shows, and that one click sends again. */
const MAX_LETTERS = 20;

/** The pages, for the site's app to mount. */
export function operationsPages(ctx: Ctx): Hono<SiteEnv> {
  const app = new Hono<SiteEnv>();
  app.use(OPERATIONS_PATH, requireSiteOperator);
  app.use(`${OPERATIONS_PATH}/*`, requireSiteOperator);
  app.get(OPERATIONS_PATH, (c) => showOperations(ctx, c));
  app.post(DOCTOR_PATH, (c) => examine(ctx, c));
  app.get(`${DOCTOR_PATH}/queue/:probeId`, async (c) => {
    const { workspaceId } = sessionOf(c).principal;
    const probe = await readQueueProbe(ctx, { workspaceId, probeId: c.req.param('probeId') });
    return c.html(<QueueProbeRow probe={probe} now={ctx.now()} />);
  });
  app.post(REPLAY_PATH, (c) => replay(ctx, c));
  app.post(`${OPERATIONS_PATH}/workspaces/:id/plan`, (c) => setPlan(ctx, c));
  return app;
}

/** For the script of the page, the part with the checks; without scripts, the whole page. */
async function examine(ctx: Ctx, c: Context<SiteEnv>): Promise<Response> {
  const { workspaceId } = sessionOf(c).principal;
  const diagnosis = await diagnose(ctx, { workspaceId });
  if (c.req.header('HX-Request') !== 'true') return showOperations(ctx, c, diagnosis);
  return c.html(<DoctorCard diagnosis={diagnosis} now={ctx.now()} />);
}

/** One message, or without an id the last ones. */
async function replay(ctx: Ctx, c: Context<SiteEnv>): Promise<Response> {
  const { id } = await readForm(c);
  const count = id === undefined ? await replayDeadLetters(ctx, { limit: MAX_LETTERS }) : 1;
  if (id !== undefined) await replayDeadLetter(ctx, id);
  const text = count === 1 ? 'The message was sent again.' : `${count} messages were sent again.`;
  return redirectWith(c, OPERATIONS_PATH, { kind: 'done', text });
}

async function setPlan(ctx: Ctx, c: Context<SiteEnv>): Promise<Response> {
  const plan = z.enum(PLAN_NAMES).safeParse((await readForm(c))['plan']);
  if (!plan.success) throw new AppError('invalid_request', `Choose a plan: ${PLAN_NAMES.join(' or ')}.`);
  const { principal } = sessionOf(c);
  const workspaceId = c.req.param('id') ?? '';
  const { name } = await changePlan(ctx, { principal, workspaceId, plan: plan.data });
  return redirectWith(c, OPERATIONS_PATH, { kind: 'done', text: `${name} has the plan ${plan.data} now.` });
}

async function showOperations(
  ctx: Ctx,
  c: Context<SiteEnv>,
  diagnosis: Diagnosis | null = null,
): Promise<Response> {
  const [queue, silentSince, fleet, letters, sites, workspaces] = await Promise.all([
    readQueue(ctx),
    findBlockingSilence(ctx),
    readFleet(ctx),
    readDeadLetters(ctx, { limit: MAX_LETTERS }),
    readSitesOfEveryone(ctx),
    readWorkspaces(ctx, c.req.query('cursor')),
  ]);
  const now = ctx.now();
  const body = (
    <>
      <PageHeader
        title="Operations"
        lead={`The whole installation, version ${VERSION}.`}
        guide="/docs/operations"
      />
      <div class="stack">
        {silentSince !== null && (
          <Note tone="bad" role="status">
            <strong>
              No downloader has answered since <Ago at={silentSince} now={now} />, and jobs wait.
            </strong>
            <span>Run the checks below: they name what does not work.</span>
          </Note>
        )}
        <Figures queue={queue} letters={letters.total} now={now} />
        <FleetCard fleet={fleet} now={now} />
        <DoctorCard diagnosis={diagnosis} now={now} />
        <SitesCard sites={sites.map(toSiteView)} />
        <DeadLetterCard {...letters} now={now} />
        <WorkspacesCard {...workspaces} isBilled={ctx.config.BILLING === 'on'} now={now} />
      </div>
    </>
  );
  return showPage(c, { title: 'Operations', body });
}

const Figures: FC<{ queue: QueueState; letters: number; now: number }> = ({ queue, letters, now }) => (
  <div class="columns narrow">
    <Figure label="Waiting jobs" value={formatCount(queue.queued)} />
    <Figure label="Running jobs" value={formatCount(queue.running)} />
    <Figure label="Longest wait" value={waitOf(queue, now)} />
    <Figure label="Dead letters" value={formatCount(letters)} />
    <Figure label="Workspaces" value={formatCount(queue.workspaces)} />
  </div>
);

/** Jobs that wait for a later time do not count. */
function waitOf({ dueAt }: QueueState, now: number): string {
  return dueAt === null || dueAt > now ? 'None' : formatDuration(now - dueAt);
}
