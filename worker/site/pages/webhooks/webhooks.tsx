/** `/dashboard/webhooks`: who is told about events. */
import { Hono, type Context } from 'hono';
import type { FC } from 'hono/jsx';
import type { Ctx } from '../../../context.ts';
import type { WebhookView } from '../../../contract/api/webhooks/endpoint.ts';
import { toWebhookView } from '../../../views/webhook-view.ts';
import { createEndpoint } from '../../../webhooks/endpoints.ts';
import { listEndpoints } from '../../../webhooks/endpoint-rows.ts';
import { Badge } from '../../components/badge.tsx';
import { SubmitButton } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { EmptyState, Table } from '../../components/table.tsx';
import { problemsOf, readForm, type Problems, type Typed } from '../../forms.ts';
import { showPage } from '../../layout/show-page.tsx';
import { requireUserScope, sessionOf } from '../../require-session.ts';
import type { SiteEnv } from '../../site-env.ts';
import { deliveryPages } from './deliveries.tsx';
import { endpointPages } from './endpoint.tsx';
import { pathOfEndpoint, WEBHOOKS_PATH } from './paths.ts';
import { showSecret } from './secret.tsx';
import { WebhookForm } from './webhook-form.tsx';
import { checked, LABELS, toWebhookInput } from './webhook-input.ts';

/** The pages, for the site's app to mount. */
export function webhookPages(ctx: Ctx): Hono<SiteEnv> {
  const app = new Hono<SiteEnv>();
  app.use(WEBHOOKS_PATH, requireUserScope('webhooks'));
  app.use(`${WEBHOOKS_PATH}/*`, requireUserScope('webhooks'));
  app.get(WEBHOOKS_PATH, (c) => showEndpoints(ctx, c));
  app.post(WEBHOOKS_PATH, (c) => create(ctx, c));
  app.route('/', endpointPages(ctx));
  app.route('/', deliveryPages(ctx));
  return app;
}

async function showEndpoints(
  ctx: Ctx,
  c: Context<SiteEnv>,
  { typed = checked(), problems = {} }: { typed?: Typed; problems?: Problems } = {},
): Promise<Response> {
  const rows = await listEndpoints(ctx, sessionOf(c).principal.workspaceId);
  const body = (
    <>
      <PageHeader
        title="Webhooks"
        guide="/docs/webhooks"
        lead="Your server is told when something ends. Each request is signed, and failed ones are sent again for three days."
      />
      <div class="stack">
        <Card flush>
          <EndpointTable endpoints={rows.map((row) => toWebhookView(row, ctx.now()))} />
        </Card>
        <WebhookForm
          title="New endpoint"
          action={WEBHOOKS_PATH}
          typed={typed}
          problems={problems}
          foot={<SubmitButton kind="primary">Add the endpoint</SubmitButton>}
        />
      </div>
    </>
  );
  const isWrong = Object.keys(problems).length > 0;
  return showPage(c, { title: 'Webhooks', body, status: isWrong ? 422 : 200 });
}

async function create(ctx: Ctx, c: Context<SiteEnv>): Promise<Response> {
  const { workspaceId, actor } = sessionOf(c).principal;
  const typed = await readForm(c);
  try {
    const order = { workspaceId, actor, input: toWebhookInput(typed), alongside: async () => [] };
    const { row, secret } = await createEndpoint(ctx, order);
    return await showSecret(c, { endpoint: toWebhookView(row, ctx.now()), secret });
  } catch (error) {
    return showEndpoints(ctx, c, { typed, problems: problemsOf(error, LABELS) });
  }
}

/** Whether events are sent. */
export const EndpointState: FC<{ endpoint: WebhookView }> = ({ endpoint: { enabled, disabledReason } }) =>
  enabled ? (
    <Badge tone="good" word="Active" />
  ) : (
    <Badge tone="bad" word={disabledReason === 'gone' ? 'Off: it answered 410' : 'Off'} />
  );

const EndpointTable: FC<{ endpoints: readonly WebhookView[] }> = ({ endpoints }) =>
  endpoints.length === 0 ? (
    <EmptyState title="No endpoints yet">
      Add the URL of your server below, and send it a test event.
    </EmptyState>
  ) : (
    <Table
      caption="Webhook endpoints"
      rows={endpoints}
      columns={[
        {
          label: 'Endpoint',
          cell: ({ id, url, description }) => (
            <a class="two-lines" href={pathOfEndpoint(id)}>
              <strong>{url ?? 'URLs that requests name'}</strong>
              {description && <span class="soft small">{description}</span>}
            </a>
          ),
        },
        { label: 'State', cell: (endpoint) => <EndpointState endpoint={endpoint} /> },
        { label: 'Events', end: true, cell: ({ events }) => `${events.length}` },
      ]}
    />
  );
