/** `/dashboard/webhooks/{id}/deliveries/{eventId}`: what was sent, what came back, and sending it again. */
import { Hono, type Context } from 'hono';
import type { FC } from 'hono/jsx';
import type { Ctx } from '../../../context.ts';
import type { DeliveryDetails } from '../../../contract/api/webhooks/delivery-view.ts';
import { toDeliveryDetails } from '../../../views/webhook-view.ts';
import { getDelivery } from '../../../webhooks/deliveries.ts';
import { getEndpoint } from '../../../webhooks/endpoint-rows.ts';
import { replayDelivery, replayFailed } from '../../../webhooks/replay.ts';
import { Badge } from '../../components/badge.tsx';
import { SubmitButton } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { CodeBlock } from '../../components/code-block.tsx';
import { Definitions } from '../../components/definitions.tsx';
import { formatDuration } from '../../components/format.ts';
import { Note } from '../../components/note.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Time } from '../../components/time.tsx';
import { countRequest } from '../../count-request.ts';
import { orProblem, redirectWith } from '../../flash.ts';
import { showPage } from '../../layout/show-page.tsx';
import { sessionOf } from '../../require-session.ts';
import type { SiteEnv } from '../../site-env.ts';
import { answerOf, DELIVERY_STATES } from './delivery-table.tsx';
import { pathOfEndpoint, WEBHOOKS_PATH } from './paths.ts';

const PATH = `${WEBHOOKS_PATH}/:id/deliveries/:eventId`;

/** The pages, for the site's app to mount. */
export function deliveryPages(ctx: Ctx): Hono<SiteEnv> {
  const app = new Hono<SiteEnv>();
  const counted = countRequest(ctx);
  app.get(PATH, (c) => showDelivery(ctx, c));
  app.post(`${PATH}/replay`, counted, (c) => {
    const path = `${pathOf(c)}/deliveries/${c.req.param('eventId')}`;
    return sayAt(c, path, async () => {
      await replayDelivery(ctx, await endpointOf(ctx, c), c.req.param('eventId'));
      return 'The event is sent again.';
    });
  });
  app.post(`${WEBHOOKS_PATH}/:id/replay`, counted, (c) =>
    sayAt(c, pathOf(c), async () => {
      const count = await replayFailed(ctx, await endpointOf(ctx, c));
      return count === 1 ? 'One event is sent again.' : `${count} events are sent again.`;
    }),
  );
  return app;
}

const pathOf = (c: Context<SiteEnv>): string => pathOfEndpoint(c.req.param('id') ?? '');

function endpointOf(ctx: Ctx, c: Context<SiteEnv>) {
  const { workspaceId } = sessionOf(c).principal;
  return getEndpoint(ctx, { workspaceId, id: c.req.param('id') ?? '' });
}

/** `act` returns the message. */
function sayAt(c: Context<SiteEnv>, path: string, act: () => Promise<string>): Promise<Response> {
  return orProblem(c, path, async () => redirectWith(c, path, { kind: 'done', text: await act() }));
}

async function showDelivery(ctx: Ctx, c: Context<SiteEnv>): Promise<Response> {
  const endpoint = await endpointOf(ctx, c);
  const eventId = c.req.param('eventId') ?? '';
  const { delivery, log } = await getDelivery(ctx, { endpointId: endpoint.id, eventId });
  const view = toDeliveryDetails(delivery, log);
  const up = { href: pathOf(c), label: endpoint.url ?? 'URLs that requests name' };
  const body = (
    <>
      <PageHeader up={up} title={view.type} lead={`Event ${view.id}`}>
        <Badge {...DELIVERY_STATES[view.status]} />
        <form method="post" action={`${pathOf(c)}/deliveries/${view.id}/replay`}>
          <SubmitButton>Send again</SubmitButton>
        </form>
      </PageHeader>
      <div class="stack">
        {view.nextAttemptAt !== null && (
          <Note tone="warn">
            <span>
              The next attempt follows at <Time at={view.nextAttemptAt} />.
            </span>
          </Note>
        )}
        {view.log.map((attempt) => (
          <Attempt attempt={attempt} />
        ))}
      </div>
    </>
  );
  return showPage(c, { title: view.type, body });
}

const Attempt: FC<{ attempt: DeliveryDetails['log'][number] }> = ({ attempt }) => {
  const { request, answer } = attempt;
  const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`);
  return (
    <Card title={`Attempt ${attempt.attempt}`}>
      <div class="stack">
        <Definitions
          rows={[
            ['Began', <Time at={attempt.startedAt} />],
            ['Took', formatDuration(attempt.durationMs)],
            ['Answer', answerOf(attempt)],
          ]}
        />
        <CodeBlock
          id={`request-${attempt.attempt}`}
          label="Request"
          text={[`POST ${request.url}`, ...headers, '', request.body].join('\n')}
        />
        {answer && answer.body !== '' && (
          <CodeBlock id={`answer-${attempt.attempt}`} label="Answer" text={answer.body} />
        )}
      </div>
    </Card>
  );
};
