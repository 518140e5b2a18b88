/** `/dashboard/keys`: the API keys of a workspace. A new key is shown once. */
import { Hono, type Context } from 'hono';
import type { FC } from 'hono/jsx';
import type { Ctx } from '../../../context.ts';
import { createKey } from '../../../auth/keys/create-key.ts';
import { listKeys } from '../../../auth/keys/list-keys.ts';
import { revokeKey } from '../../../auth/keys/revoke-key.ts';
import { rotateKey } from '../../../auth/keys/rotate-key.ts';
import type { MadeKey } from '../../../auth/keys/api-key.ts';
import type { KeyView } from '../../../contract/api/keys.ts';
import { AppError } from '../../../errors.ts';
import { toKeyView } from '../../../views/key-view.ts';
import { ButtonLink } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { CodeBlock, CodeLine } from '../../components/code-block.tsx';
import { ConfirmPage } from '../../components/confirm.tsx';
import { Note } from '../../components/note.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { orProblem, redirectWith } from '../../flash.ts';
import { problemsOf, readForm, type Problems, type Typed } from '../../forms.ts';
import { showPage } from '../../layout/show-page.tsx';
import { requireUserScope, sessionOf } from '../../require-session.ts';
import type { SiteEnv } from '../../site-env.ts';
import { KeyForm } from './key-form.tsx';
import { LABELS, toKeyInput } from './key-input.ts';
import { KeyTable, RevokeEffects, revokeTitle, RotateEffects, rotateTitle } from './key-table.tsx';

export const KEYS_PATH = '/dashboard/keys';

/** A key in the dashboard is made by a click, which nothing repeats. */
const NOTHING_ALONGSIDE = async () => [];

/** The pages, for the site's app to mount. */
export function keyPages(ctx: Ctx): Hono<SiteEnv> {
  const app = new Hono<SiteEnv>();
  app.use(KEYS_PATH, requireUserScope('admin'));
  app.use(`${KEYS_PATH}/*`, requireUserScope('admin'));
  app.get(KEYS_PATH, (c) => showKeys(ctx, c));
  app.post(KEYS_PATH, (c) => create(ctx, c));
  app.get(`${KEYS_PATH}/:id/revoke`, (c) => confirmRevoke(ctx, c));
  app.post(`${KEYS_PATH}/:id/revoke`, (c) => revoke(ctx, c));
  app.get(`${KEYS_PATH}/:id/rotate`, (c) => confirmRotate(ctx, c));
  app.post(`${KEYS_PATH}/:id/rotate`, (c) => rotate(ctx, c));
  return app;
}

async function showKeys(
  ctx: Ctx,
  c: Context<SiteEnv>,
  { typed = {}, problems = {} }: { typed?: Typed; problems?: Problems } = {},
): Promise<Response> {
  const keys = await readKeys(ctx, c);
  const body = (
    <>
      <PageHeader
        title="API keys"
        guide="/docs/keys"
        lead="Programs use a key to call the API. Give each program its own, with no more rights than it needs."
      />
      <div class="stack">
        <Card flush>
          <KeyTable keys={keys} now={ctx.now()} />
        </Card>
        <KeyForm typed={typed} problems={problems} action={KEYS_PATH} />
      </div>
    </>
  );
  const isWrong = Object.keys(problems).length > 0;
  return showPage(c, { title: 'API keys', body, status: isWrong ? 422 : 200 });
}

async function readKeys(ctx: Ctx, c: Context<SiteEnv>): Promise<KeyView[]> {
  const { workspaceId } = sessionOf(c).principal;
  const rows = await listKeys(ctx, { workspaceId });
  return rows.map((row) => toKeyView(row, ctx.now()));
}

async function create(ctx: Ctx, c: Context<SiteEnv>): Promise<Response> {
  const { principal } = sessionOf(c);
  const typed = await readForm(c);
  try {
    const input = toKeyInput(typed, ctx.now());
    const made = await createKey(ctx, { principal, input, alongside: NOTHING_ALONGSIDE });
    return await showNewKey(ctx, c, made);
  } catch (error) {
    return showKeys(ctx, c, { typed, problems: problemsOf(error, LABELS) });
  }
}

/** The answer of the form, since no later page can show the key. */
function showNewKey(ctx: Ctx, c: Context<SiteEnv>, { key, row }: MadeKey): Response | Promise<Response> {
  const title = `The key "${row.name}" is ready`;
  const curl = `curl -H "Authorization: Bearer ${key}" ${ctx.config.PUBLIC_URL}/imports`;
  const body = (
    <Card title={title} foot={<ButtonLink href={KEYS_PATH}>Done</ButtonLink>}>
      <div class="stack">
        <Note tone="warn">Copy it now: it is shown only once.</Note>
        <CodeLine id="new-key" text={key} />
        <CodeBlock id="try-key" text={curl} label="A request with the key" />
      </div>
    </Card>
  );
  return showPage(c, { title, body });
}

async function findKey(ctx: Ctx, c: Context<SiteEnv>): Promise<KeyView> {
  const key = (await readKeys(ctx, c)).find(({ id }) => id === c.req.param('id'));
  if (!key) throw new AppError('key_not_found');
  return key;
}

interface Question {
  title: string;
  confirm: string;
  action: 'revoke' | 'rotate';
  Effects: FC;
}

function ask(c: Context<SiteEnv>, key: KeyView, { title, confirm, action, Effects }: Question) {
  const body = (
    <ConfirmPage title={title} action={`${KEYS_PATH}/${key.id}/${action}`} back={KEYS_PATH} confirm={confirm}>
      <Effects />
    </ConfirmPage>
  );
  return showPage(c, { title, body });
}

async function confirmRevoke(ctx: Ctx, c: Context<SiteEnv>): Promise<Response> {
  const key = await findKey(ctx, c);
  const title = revokeTitle(key);
  return ask(c, key, { title, confirm: 'Revoke the key', action: 'revoke', Effects: RevokeEffects });
}

async function confirmRotate(ctx: Ctx, c: Context<SiteEnv>): Promise<Response> {
  const key = await findKey(ctx, c);
  const title = rotateTitle(key);
  return ask(c, key, { title, confirm: 'Make the new key', action: 'rotate', Effects: RotateEffects });
}

async function revoke(ctx: Ctx, c: Context<SiteEnv>): Promise<Response> {
  const { workspaceId, actor } = sessionOf(c).principal;
  return orProblem(c, KEYS_PATH, async () => {
    const ref = { workspaceId, actor, keyId: c.req.param('id') ?? '' };
    const { name } = await revokeKey(ctx, ref);
    return redirectWith(c, KEYS_PATH, { kind: 'done', text: `The key "${name}" is revoked.` });
  });
}

async function rotate(ctx: Ctx, c: Context<SiteEnv>): Promise<Response> {
  const { principal } = sessionOf(c);
  return orProblem(c, KEYS_PATH, async () => {
    const keyId = c.req.param('id') ?? '';
    const made = await rotateKey(ctx, { principal, keyId, input: {}, alongside: NOTHING_ALONGSIDE });
    return showNewKey(ctx, c, made);
  });
}
