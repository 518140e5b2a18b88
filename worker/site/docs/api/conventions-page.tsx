/** `/docs/api`: what all requests and answers have in common, and the list of operations. */
import { raw } from 'hono/html';
import type { FC } from 'hono/jsx';
import { codeBlock } from '../code-block.ts';
import type { DocsPage } from '../docs-frame.tsx';
import { linksFrom } from '../links.ts';
import type { Links } from '../markdown.ts';
import { FieldList, Prose } from './field-list.tsx';
import { fieldsOf, toField, type Field } from './fields.ts';
import type { Answer, OpenApiDocument } from './openapi-document.ts';
import type { ReferencePage } from './reference.ts';
import { OperationIndex } from './reference-page.tsx';

/** The page of the API that `document` describes. */
export function conventionsPage(document: OpenApiDocument, reference: readonly ReferencePage[]): DocsPage {
  const { info, servers } = document;
  const links = linksFrom('openapi.json', reference);
  const url = servers[0]?.url ?? '';
  return {
    path: '/docs/api',
    title: 'API reference',
    contents: [
      ...SECTIONS,
      ...reference.map(({ slug, title }) => ({ id: `operations-${slug}`, text: title, depth: 2 })),
    ],
    body: (
      <>
        <h1>API reference</h1>
        <div class="docs-lead">
          <Prose text={info.description} links={links} />
        </div>
        <Conventions url={url} document={document} links={links} />
        {reference.map(({ slug, title, operations }) => (
          <section>
            <h2 id={`operations-${slug}`}>
              <a href={`/docs/api/${slug}`}>{title}</a>
            </h2>
            <OperationIndex operations={operations} path={`/docs/api/${slug}`} />
          </section>
        ))}
      </>
    ),
  };
}

const SECTIONS = [
  { id: 'requests', text: 'Requests', depth: 2 },
  { id: 'answers', text: 'Answers', depth: 2 },
  { id: 'errors', text: 'Errors', depth: 2 },
  { id: 'limits', text: 'Limits', depth: 2 },
];

const SUCCESS = '{\n  "success": true,\n  "data": {}\n}';

const Conventions: FC<{ url: string; document: OpenApiDocument; links: Links }> = ({
  url,
  document,
  links,
}) => (
  <div class="prose">
    <h2 id="requests">Requests</h2>
    <p>
      The API is at <code>{url}</code>. Requests have an <a href="/docs/keys">API key</a> in the header{' '}
      <code>Authorization</code>, and bodies in JSON. Each operation names the scope that its key needs. A
      request with a header <code>Idempotency-Key</code> can be{' '}
      <a href="/docs/using-the-api#repeat-a-request-safely">repeated safely</a>.
    </p>
    {raw(
      codeBlock({
        id: 'request',
        code: `curl ${url}/imports \\\n  -H "Authorization: Bearer $API_KEY"`,
        language: 'sh',
      }),
    )}
    <p>
      <a href="/openapi.json">The same description for programs</a> is an OpenAPI 3.1 document.
    </p>
    <h2 id="answers">Answers</h2>
    <p>
      Operations describe the member <code>data</code> of their answers.
    </p>
    {raw(codeBlock({ id: 'success', code: SUCCESS, language: 'json' }))}
    <h2 id="errors">Errors</h2>
    <p>
      The <a href="/docs/troubleshooting">list of all error codes</a> says what to do about each.
    </p>
    <FieldList fields={errorFields(document)} links={links} of="answer" />
    <h2 id="limits">Limits</h2>
    <p>
      <a href="/docs/keys#limits-of-requests">Limits of requests</a> are in the headers of each answer.
    </p>
    <FieldList fields={limitHeaders(document)} links={links} of="answer" />
  </div>
);

/** All answers of all operations with this status. */
function answersWith(document: OpenApiDocument, status: string): Answer[] {
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  return operations.flatMap(({ responses }) => responses[status] ?? []);
}

/** The fields of an error, without the codes, which differ. */
function errorFields(document: OpenApiDocument): Field[] {
  const schema = answersWith(document, '400')[0]?.content?.['application/json']?.schema ?? {};
  return fieldsOf(document, schema).map((field) =>
    field.name === 'code' ? { ...field, values: [] } : field,
  );
}

function limitHeaders(document: OpenApiDocument): Field[] {
  const headers = answersWith(document, '429')[0]?.headers ?? {};
  return Object.entries(headers).map(([name, { schema = {}, description = '' }]) =>
    toField(document, name, { ...schema, description }, false),
  );
}
