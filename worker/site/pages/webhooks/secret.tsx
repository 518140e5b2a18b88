/** The new secret of an endpoint. No later page can show it. */
import type { Context } from 'hono';
import type { WebhookView } from '../../../contract/api/webhooks/endpoint.ts';
import { ButtonLink } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { CodeLine } from '../../components/code-block.tsx';
import { Note } from '../../components/note.tsx';
import { showPage } from '../../layout/show-page.tsx';
import type { SiteEnv } from '../../site-env.ts';
import { pathOfEndpoint } from './paths.ts';

/** Answers the form that made the secret. */
export function showSecret(
  c: Context<SiteEnv>,
  { endpoint, secret }: { endpoint: WebhookView; secret: string },
): Response | Promise<Response> {
  const title = 'The secret of the endpoint';
  const body = (
    <Card
      title={title}
      lead={endpoint.url ?? 'URLs that requests name'}
      foot={<ButtonLink href={pathOfEndpoint(endpoint.id)}>Done</ButtonLink>}
    >
      <div class="stack">
        <Note tone="warn">Copy it now: it is shown only once.</Note>
        <CodeLine id="secret" text={secret} />
        <p class="soft">
          Your server checks each request with it, as <a href="/docs/webhooks">the guide</a> shows.
        </p>
      </div>
    </Card>
  );
  return showPage(c, { title, body });
}
