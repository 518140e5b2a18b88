/** Turns the content of a page into an answer: the document, the frame around it, and the message of the last form. */
import type { Context } from 'hono';
import { html } from 'hono/html';
import type { Child, FC } from 'hono/jsx';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { Note } from '../components/note.tsx';
import { takeFlash, type Flash } from '../flash.ts';
import type { SiteEnv, SiteSession } from '../site-env.ts';
import { Document } from './document.tsx';
import { Icon } from './icons.tsx';
import { Brand, DRAWER_ID, Sidebar } from './sidebar.tsx';

export interface Page {
  /** The title of the browser tab. */
  title: string;
  body: Child;
  status?: ContentfulStatusCode;
}

/** Answers with a page, in the frame of the dashboard for a signed-in person, else in the middle of an empty page. */
export function showPage(
  c: Context<SiteEnv>,
  { title, body, status = 200 }: Page,
): Response | Promise<Response> {
  const session = c.var.session ?? null;
  const flash = takeFlash(c);
  const content = (
    <>
      {flash && <FlashNote flash={flash} />}
      {body}
    </>
  );
  const page = (
    <Document title={title}>
      {session ? (
        <Dashboard session={session} path={c.req.path}>
          {content}
        </Dashboard>
      ) : (
        <Outside>{content}</Outside>
      )}
    </Document>
  );
  return c.html(html`<!doctype html>${page}`, status);
}

const FlashNote: FC<{ flash: Flash }> = ({ flash: { kind, text } }) => (
  <Note tone={kind === 'done' ? 'good' : 'bad'} role="status">
    {text}
  </Note>
);

const Dashboard: FC<{ session: SiteSession; path: string; children?: Child }> = ({
  session,
  path,
  children,
}) => (
  <div class="frame">
    <header class="top-bar">
      <button class="icon-button" type="button" popovertarget={DRAWER_ID} aria-label="Menu">
        <Icon name="menu" />
      </button>
      <span class="soft small">{session.workspace.name}</span>
    </header>
    <Sidebar session={session} path={path} />
    <main class="content" id="content" tabindex={-1}>
      {children}
    </main>
  </div>
);

const Outside: FC<{ children?: Child }> = ({ children }) => (
  <div class="outside">
    <header>
      <Brand />
    </header>
    <main id="content" tabindex={-1}>
      {children}
    </main>
  </div>
);
