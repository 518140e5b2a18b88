/** `/docs`: the first import, and all guides. */
import { raw } from 'hono/html';
import type { FC } from 'hono/jsx';
import type { ReferencePage } from './api/reference.ts';
import { codeBlock } from './code-block.ts';
import type { DocsPage } from './docs-frame.tsx';
import { GUIDE_GROUPS } from './guides.ts';

interface Card {
  href: string;
  title: string;
  summary: string;
}

/** The page of the service at `publicUrl`. */
export function overviewPage(publicUrl: string, reference: readonly ReferencePage[]): DocsPage {
  return {
    path: '/docs',
    title: 'Documentation',
    body: (
      <>
        <h1>Documentation</h1>
        <p class="docs-lead">
          One request imports the media behind a URL: a file, a stream or a page. The service checks the file
          and stores it in your bucket, or keeps it for you.
        </p>
        <FirstImport publicUrl={publicUrl} />
        {GUIDE_GROUPS.map(({ title, guides }) => (
          <Cards
            title={title}
            cards={guides.map(({ slug, title, summary }) => ({ href: `/docs/${slug}`, title, summary }))}
          />
        ))}
        <Cards
          title="API reference"
          cards={[
            { href: '/docs/api', title: 'Conventions', summary: 'Keys, answers, errors, limits.' },
            ...reference.map(({ slug, title, description }) => ({
              href: `/docs/api/${slug}`,
              title,
              summary: description,
            })),
          ]}
        />
      </>
    ),
  };
}

const START = (url: string) => `curl -X POST ${url}/import \\
  -H "Authorization: Bearer $API_KEY" -H "Content-Type: application/json" \\
  -d '{"url": "https://example.com/video.mp4"}'`;

const READ = (url: string) => `curl ${url}/import/status?id=$JOB_ID \\
  -H "Authorization: Bearer $API_KEY"`;

const FirstImport: FC<{ publicUrl: string }> = ({ publicUrl }) => (
  <section class="first-import">
    <h2 id="first-import">Your first import</h2>
    <p>
      Create an <a href="/docs/keys">API key</a>, and start an import with it. The answer has its{' '}
      <code>jobId</code>.
    </p>
    {raw(codeBlock({ id: 'start', code: START(publicUrl) }))}
    <p>
      Then ask for its status. When it is <code>completed</code>, <code>mediaUrl</code> leads to the file.
      Instead of asking, you can <a href="/docs/using-the-api#watch-an-import">watch the import</a> or let a{' '}
      <a href="/docs/webhooks">webhook</a> tell your server.
    </p>
    {raw(codeBlock({ id: 'read', code: READ(publicUrl) }))}
  </section>
);

const Cards: FC<{ title: string; cards: readonly Card[] }> = ({ title, cards }) => (
  <section class="docs-group">
    <h2>{title}</h2>
    <ul class="docs-cards">
      {cards.map(({ href, title, summary }) => (
        <li>
          <a href={href}>{title}</a>
          <p>{summary}</p>
        </li>
      ))}
    </ul>
  </section>
);
