/** Sends the checks of a test one by one, each as one line of HTML. */
import type { Context } from 'hono';
import { stream } from 'hono/streaming';
import { html } from 'hono/html';
import type { JSX } from 'hono/jsx/jsx-runtime';
import type { Ctx } from '../../../context.ts';
import type { ConnectionCheck, ConnectionReport } from '../../../contract/api/storage/connection-report.ts';
import { errorText } from '../../../error-text.ts';
import { Note } from '../../components/note.tsx';
import type { SiteEnv } from '../../site-env.ts';
import { CheckItem, CheckSummary } from './connection-checks.tsx';

/** The script of the pages asks for this type. */
const LINES = 'text/x-html-lines';

/** Whether the client reads lines. */
export function wantsStream(c: Context<SiteEnv>): boolean {
  return c.req.header('Accept') === LINES;
}

/** Runs the test, and sends each check as it ends and the summary last. */
export function streamChecks(
  ctx: Ctx,
  c: Context<SiteEnv>,
  run: (onCheck: (check: ConnectionCheck) => void) => Promise<ConnectionReport>,
): Response {
  c.header('Content-Type', LINES);
  return stream(c, async (out) => {
    let sent = Promise.resolve<unknown>(undefined);
    const send = (item: JSX.Element) => {
      sent = sent.then(async () => out.write(await lineOf(item)));
    };
    try {
      const report = await run((check) => send(<CheckItem check={check} />));
      send(<SummaryItem report={report} />);
    } catch (error) {
      ctx.log.error('request.failed', { requestId: c.env.requestId, error: errorText(error) });
      send(<BrokenItem requestId={c.env.requestId} />);
    }
    await sent;
  });
}

const SummaryItem = ({ report }: { report: ConnectionReport }) => (
  <li class="last">
    <CheckSummary report={report} />
  </li>
);

const BrokenItem = ({ requestId }: { requestId: string }) => (
  <li class="last">
    <Note tone="bad">
      The test broke off. Test again; if it happens again, report the request {requestId}.
    </Note>
  </li>
);

async function lineOf(item: JSX.Element): Promise<string> {
  const text = await html`${item}`;
  return `${text.replaceAll(/\s*\n\s*/g, ' ')}\n`;
}
