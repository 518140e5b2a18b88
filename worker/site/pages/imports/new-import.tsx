/** `/dashboard/imports/new`: the form of a new import, with what it would take and cost. */
import { Hono, type Context } from 'hono';
import { z } from 'zod';
import type { Ctx } from '../../../context.ts';
import { parseEgressAllow } from '../../../contract/address-policy.ts';
import { sourceUrl, type ImportRequest } from '../../../contract/api/import-request.ts';
import { mediaChoiceFields } from '../../../contract/api/media-choice.ts';
import type { MetadataView } from '../../../contract/api/metadata/view.ts';
import { doOnce } from '../../../idempotency/do-once.ts';
import { createImport } from '../../../jobs/create-import.ts';
import { createMetadata } from '../../../jobs/metadata/create-metadata.ts';
import { getMetadata } from '../../../jobs/metadata/get-metadata.ts';
import { takeUserRate } from '../../../limits/limit-rate.ts';
import { normalizeSource } from '../../../routes/imports/normalize-source.ts';
import { prepareImport } from '../../../routes/imports/prepare-import.ts';
import { sha256Hex } from '../../../sha256.ts';
import { listDestinations } from '../../../storage/destinations/destinations.ts';
import { toMetadataView } from '../../../views/metadata-view.ts';
import { PageHeader } from '../../components/page-header.tsx';
import { redirectWith } from '../../flash.ts';
import { formIdOf } from '../../form-id.ts';
import { problemsOf, readForm, type Problems, type Typed } from '../../forms.ts';
import { showPage } from '../../layout/show-page.tsx';
import { requireUserScope, sessionOf } from '../../require-session.ts';
import type { SiteEnv } from '../../site-env.ts';
import { ImportForm } from './import-form.tsx';
import { LABELS, SERVICE, toCurl, toImportRequest } from './import-input.ts';
import { IMPORTS_PATH, NEW_PATH, pathOfImport } from './paths.ts';
import { EstimatePart, Preview, type PreviewProps } from './preview.tsx';

/** The part of a request that an estimate needs. */
const Asked = z.object({ url: sourceUrl, ...mediaChoiceFields });

/** The pages, for the site's app to mount. */
export function newImportPages(ctx: Ctx): Hono<SiteEnv> {
  const app = new Hono<SiteEnv>();
  app.use(NEW_PATH, requireUserScope('imports:write'));
  app.use(`${NEW_PATH}/*`, requireUserScope('imports:write'));
  app.get(NEW_PATH, (c) => showForm(ctx, c, { typed: { url: c.req.query('url') ?? '' } }));
  app.post(NEW_PATH, (c) => start(ctx, c));
  app.post(`${NEW_PATH}/preview`, (c) => preview(ctx, c));
  app.get(`${NEW_PATH}/estimate/:id`, async (c) => {
    const { workspaceId } = sessionOf(c).principal;
    const ref = { workspaceId, jobId: c.req.param('id'), kind: 'metadata' as const };
    const details = await getMetadata(ctx, ref);
    return c.html(<EstimatePart estimate={toMetadataView(ctx.config, details)} />);
  });
  return app;
}

/** A form that is sent twice makes one import. */
async function start(ctx: Ctx, c: Context<SiteEnv>): Promise<Response> {
  const { principal } = sessionOf(c);
  const { workspaceId } = principal;
  const typed = await readForm(c);
  try {
    const asked = toImportRequest(typed);
    const fingerprint = await sha256Hex(JSON.stringify(asked));
    const keyed = { workspaceId, key: `form ${formIdOf(ctx, typed)}`, fingerprint };
    const { data } = await doOnce(ctx, keyed, async (keep) => {
      await takeUserRate(ctx, principal, { rate: 'importsPerHour', count: 1 });
      const { request, warnings } = await prepareImport(ctx, workspaceId, asked);
      const alongside = ({ id, exists }: Made) => keep({ jobId: id }, exists);
      const { id } = await createImport(ctx, { workspaceId, request, warnings, alongside });
      return { jobId: id };
    });
    return redirectWith(c, pathOfImport(data.jobId), { kind: 'done', text: 'The import has started.' });
  } catch (error) {
    return showForm(ctx, c, { typed, problems: problemsOf(error, LABELS) });
  }
}

type Made = Parameters<NonNullable<Parameters<typeof createImport>[1]['alongside']>>[0];

/** For the script of the page, the part beside the form; without scripts, the whole page. */
async function preview(ctx: Ctx, c: Context<SiteEnv>): Promise<Response> {
  const typed = await readForm(c);
  const isPart = c.req.header('HX-Request') === 'true';
  const props: PreviewProps = { curl: null, estimate: null, priceInDollars: priceOf(ctx) };
  try {
    const request = toImportRequest(typed);
    props.curl = toCurl(ctx.config.PUBLIC_URL, request);
    if (props.priceInDollars === 0 || typed['estimate'] === 'yes')
      props.estimate = await startEstimate(ctx, c, { request, typed });
    return await (isPart ? c.html(<Preview {...props} />) : showForm(ctx, c, { typed, preview: props }));
  } catch (error) {
    const problems = problemsOf(error, LABELS);
    // The form itself shows what is wrong when it is sent.
    return isPart ? c.html(<Preview {...props} />) : showForm(ctx, c, { typed, problems, preview: props });
  }
}

/** In dollars; nothing is billed unless the service bills. */
function priceOf({ config }: Ctx): number {
  return config.BILLING === 'on' ? config.PRICE_METADATA_USD : 0;
}

/** Reads a source once for each form and choice: most changes of a form are about where the file goes. */
async function startEstimate(
  ctx: Ctx,
  c: Context<SiteEnv>,
  { request, typed }: { request: ImportRequest; typed: Typed },
): Promise<MetadataView> {
  const { principal } = sessionOf(c);
  const { workspaceId } = principal;
  const asked = Asked.parse(request);
  const fingerprint = await sha256Hex(JSON.stringify(asked));
  const keyed = { workspaceId, key: `estimate ${formIdOf(ctx, typed)} ${fingerprint}`, fingerprint };
  const { data } = await doOnce(ctx, keyed, async (keep) => {
    await takeUserRate(ctx, principal, { rate: 'metadataPerHour', count: 1 });
    const url = normalizeSource(parseEgressAllow(ctx.config.EGRESS_ALLOW), asked.url);
    const alongside = ({ id, exists }: Made) => keep({ jobId: id }, exists);
    const order = { workspaceId, kind: 'metadata' as const, request: { ...asked, url }, alongside };
    return { jobId: (await createMetadata(ctx, order)).id };
  });
  const details = await getMetadata(ctx, { workspaceId, jobId: data.jobId, kind: 'metadata' });
  return toMetadataView(ctx.config, details);
}

interface Shown {
  typed: Typed;
  problems?: Problems;
  preview?: PreviewProps;
}

async function showForm(
  ctx: Ctx,
  c: Context<SiteEnv>,
  { typed, problems = {}, preview }: Shown,
): Promise<Response> {
  const destinations = await listDestinations(ctx, sessionOf(c).principal.workspaceId);
  const standard = destinations.find(({ isDefault }) => isDefault)?.name ?? SERVICE;
  const body = (
    <>
      <PageHeader
        up={{ href: IMPORTS_PATH, label: 'Imports' }}
        title="New import"
        guide="/docs/choices"
        lead="Paste a URL. The file is checked while it arrives; it counts as completed only when it is whole."
      />
      <ImportForm
        typed={{ storageDestination: standard, ...typed }}
        problems={problems}
        destinations={destinations}
        retentionDays={ctx.config.RETENTION_DAYS}
        formId={formIdOf(ctx, typed)}
      >
        <Preview {...(preview ?? { curl: null, estimate: null, priceInDollars: priceOf(ctx) })} />
      </ImportForm>
    </>
  );
  const isWrong = Object.keys(problems).length > 0;
  return showPage(c, { title: 'New import', body, status: isWrong ? 422 : 200 });
}
