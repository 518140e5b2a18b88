/** `/dashboard/webhooks/{id}`: one endpoint, its settings and the log of its deliveries. */
import { Hono, type Context } from 'hono';
import type { FC } from 'hono/jsx';
import type { z } from 'zod';
import type { Ctx } from '../../../context.ts';
import type { DeliveryPage } from '../../../contract/api/webhooks/delivery-view.ts';
import type { WebhookView } from '../../../contract/api/webhooks/endpoint.ts';
import { readDeliveryPage } from '../../../routes/webhooks/deliveries.ts';
import { toWebhookView } from '../../../views/webhook-view.ts';
import { changeEndpoint, deleteEndpoint } from '../../../webhooks/endpoints.ts';
import { getEndpoint } from '../../../webhooks/endpoint-rows.ts';
import { rotateSecret } from '../../../webhooks/rotate-secret.ts';
import { sendTest } from '../../../webhooks/send-test.ts';
import { SubmitButton } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { ConfirmButton, ConfirmPage } from '../../components/confirm.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { countRequest } from '../../count-request.ts';
import { orProblem, redirectWith } from '../../flash.ts';
import { problemsOf, readForm, type Problems, type Typed } from '../../forms.ts';
import { showPage } from '../../layout/show-page.tsx';
import { sessionOf } from '../../require-session.ts';
import type { SiteEnv } from '../../site-env.ts';
import { DeliveryTable } from './delivery-table.tsx';
import { pathOfEndpoint, WEBHOOKS_PATH } from './paths.ts';
import { showSecret } from './secret.tsx';
import { WebhookForm } from './webhook-form.tsx';
import { checked, LABELS, toWebhookInput } from './webhook-input.ts';

const PATH = `${WEBHOOKS_PATH}/:id`;
const PAGE_LENGTH = 20;
const DAY_SECONDS = 86_400;
const DELETE_TITLE = 'Delete this endpoint?';

/** The pages, for the site's app to mount. */
export function endpointPages(ctx: Ctx): Hono<SiteEnv> {
  const app = new Hono<SiteEnv>();
  app.get(PATH, (c) => showEndpoint(ctx, c));
  app.post(PATH, (c) => change(ctx, c));
  app.post(`${PATH}/enabled`, async (c) => {
    const enabled = (await readForm(c))['enabled'] === 'yes';
    await changeEndpoint(ctx, { ...refOf(c), change: { enabled } });
    const text = enabled ? 'Events are sent again.' : 'No more events are sent.';
    return redirectWith(c, pathOf(c), { kind: 'done', text });
  });
  app.post(`${PATH}/test`, countRequest(ctx), (c) => test(ctx, c));
  app.post(`${PATH}/rotate`, async (c) => {
    const order = { ...refOf(c), overlapSeconds: DAY_SECONDS, alongside: async () => [] };
    const { row, secret } = await rotateSecret(ctx, order);
    return showSecret(c, { endpoint: toWebhookView(row, ctx.now()), secret });
  });
  app.get(`${PATH}/delete`, async (c) => {
    await getEndpoint(ctx, refOf(c));
    const body = (
      <ConfirmPage
        title={DELETE_TITLE}
        action={`${pathOf(c)}/delete`}
        back={pathOf(c)}
        confirm="Delete the endpoint"
      >
        <DeletionEffects />
      </ConfirmPage>
    );
    return showPage(c, { title: DELETE_TITLE, body });
  });
  app.post(`${PATH}/delete`, async (c) => {
    await deleteEndpoint(ctx, refOf(c));
    return redirectWith(c, WEBHOOKS_PATH, { kind: 'done', text: 'The endpoint is deleted.' });
  });
  return app;
}

function refOf(c: Context<SiteEnv>) {
  const { workspaceId, actor } = sessionOf(c).principal;
  return { workspaceId, actor, id: c.req.param('id') ?? '' };
}

const pathOf = (c: Context<SiteEnv>): string => pathOfEndpoint(c.req.param('id') ?? '');

async function change(ctx: Ctx, c: Context<SiteEnv>): Promise<Response> {
  const typed = await readForm(c);
  try {
    await changeEndpoint(ctx, { ...refOf(c), change: toWebhookInput(typed) });
    return redirectWith(c, pathOf(c), { kind: 'done', text: 'The endpoint is saved.' });
  } catch (error) {
    return showEndpoint(ctx, c, { typed, problems: problemsOf(error, LABELS) });
  }
}

/** The page of the delivery shows what the endpoint answered. */
async function test(ctx: Ctx, c: Context<SiteEnv>): Promise<Response> {
  return orProblem(c, pathOf(c), async () => {
    const { delivery } = await sendTest(ctx, refOf(c));
    return c.redirect(`${pathOf(c)}/deliveries/${delivery.eventId}`, 303);
  });
}

async function showEndpoint(
  ctx: Ctx,
  c: Context<SiteEnv>,
  { typed, problems = {} }: { typed?: Typed; problems?: Problems } = {},
): Promise<Response> {
  const row = await getEndpoint(ctx, refOf(c));
  const endpoint = toWebhookView(row, ctx.now());
  const query = { status: undefined, limit: PAGE_LENGTH, cursor: c.req.query('cursor') };
  const deliveries = await readDeliveryPage(ctx, row.id, query);
  const isWrong = Object.keys(problems).length > 0;
  const shown = typed ?? typedOf(endpoint);
  const body = <EndpointPage {...{ endpoint, deliveries, problems }} typed={shown} now={ctx.now()} />;
  return showPage(c, { title: 'Webhook', body, status: isWrong ? 422 : 200 });
}

function typedOf({ url, description, format, events }: WebhookView): Typed {
  return { url: url ?? '', description: description ?? '', format, ...checked(events) };
}

const DeletionEffects = () => <p>Its log is deleted too. Events that wait are not sent.</p>;

interface EndpointPageProps {
  endpoint: WebhookView;
  deliveries: z.infer<typeof DeliveryPage>;
  typed: Typed;
  problems: Problems;
  now: number;
}

const EndpointPage: FC<EndpointPageProps> = ({ endpoint, deliveries, typed, problems, now }) => {
  const path = pathOfEndpoint(endpoint.id);
  const next = deliveries.nextCursor;
  return (
    <>
      <PageHeader
        up={{ href: WEBHOOKS_PATH, label: 'Webhooks' }}
        title={endpoint.url ?? 'URLs that requests name'}
        lead={endpoint.description}
      >
        <Buttons endpoint={endpoint} />
      </PageHeader>
      <div class="stack">
        <Card
          title="Deliveries"
          flush
          actions={
            <form method="post" action={`${path}/replay`}>
              <SubmitButton small>Send all failed again</SubmitButton>
            </form>
          }
        >
          <DeliveryTable
            deliveries={deliveries.deliveries}
            path={path}
            now={now}
            next={next === null ? null : `${path}?${new URLSearchParams({ cursor: next }).toString()}`}
          />
        </Card>
        {endpoint.url !== null && (
          <WebhookForm
            title="Settings"
            action={path}
            typed={typed}
            problems={problems}
            foot={<SubmitButton kind="primary">Save</SubmitButton>}
          />
        )}
        <Card
          title="Secret"
          lead="A new secret signs at once. The old one signs too for a day, so that you can change it without a gap."
          actions={
            <form method="post" action={`${path}/rotate`}>
              <SubmitButton>Make a new secret</SubmitButton>
            </form>
          }
        />
      </div>
    </>
  );
};

/** The URLs that requests name cannot be changed or deleted here. */
const Buttons: FC<{ endpoint: WebhookView }> = ({ endpoint: { id, url, enabled } }) => {
  const path = pathOfEndpoint(id);
  if (url === null) return null;
  return (
    <>
      <form method="post" action={`${path}/test`}>
        <SubmitButton kind="primary">Send a test event</SubmitButton>
      </form>
      <form method="post" action={`${path}/enabled`}>
        <SubmitButton name="enabled" value={enabled ? 'no' : 'yes'}>
          {enabled ? 'Turn off' : 'Turn on'}
        </SubmitButton>
      </form>
      <ConfirmButton
        id="delete"
        href={`${path}/delete`}
        title={DELETE_TITLE}
        open="Delete"
        confirm="Delete the endpoint"
      >
        <DeletionEffects />
      </ConfirmButton>
    </>
  );
};
