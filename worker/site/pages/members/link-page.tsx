import { ButtonLink } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { CodeLine } from '../../components/code-block.tsx';
import { MEMBERS_PATH } from './paths.ts';

/** Shows a link that lets somebody in. Only this page has it. */
export const LinkPage = ({ title, lead, url }: { title: string; lead: string; url: string }) => (
  <Card
    isPage
    title={title}
    lead={lead}
    foot={
      <ButtonLink kind="primary" href={MEMBERS_PATH}>
        Done
      </ButtonLink>
    }
  >
    <div class="stack tight">
      <CodeLine id="link" text={url} />
      <p class="soft small">The link is shown only now.</p>
    </div>
  </Card>
);
