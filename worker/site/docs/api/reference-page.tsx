/** `/docs/api/{tag}`: the operations of a tag, and the objects in their answers. */
import type { FC } from 'hono/jsx';
import type { DocsPage } from '../docs-frame.tsx';
import { linksFrom } from '../links.ts';
import type { Links } from '../markdown.ts';
import { FieldList, objectId, Prose, Type } from './field-list.tsx';
import type { ObjectView } from './objects.ts';
import { Method, OperationSection } from './operation.tsx';
import type { OperationView, ReferencePage } from './reference.ts';

/** The page, with links to the operations that its texts name. */
export function referencePage(page: ReferencePage, reference: readonly ReferencePage[]): DocsPage {
  const links = linksFrom('openapi.json', reference);
  const { slug, title, description, operations, objects } = page;
  return {
    path: `/docs/api/${slug}`,
    title: `${title} · API`,
    isWide: true,
    body: (
      <>
        <h1>{title}</h1>
        <p class="docs-lead">{description}</p>
        <OperationIndex operations={operations} path="" />
        {operations.map((operation) => (
          <OperationSection operation={operation} links={links} />
        ))}
        {objects.length > 0 && <Objects objects={objects} links={links} />}
      </>
    ),
  };
}

/** A line for each operation. `path` is the page that has them; empty for this one. */
export const OperationIndex: FC<{ operations: readonly OperationView[]; path: string }> = ({
  operations,
  path,
}) => (
  <ul class="operation-index">
    {operations.map((operation) => (
      <li>
        <a href={`${path}#${operation.id}`}>
          <Method method={operation.method} />
          <code>{operation.path}</code>
          <span>{operation.summary}</span>
        </a>
      </li>
    ))}
  </ul>
);

const Objects: FC<{ objects: readonly ObjectView[]; links: Links }> = ({ objects, links }) => (
  <section class="objects">
    <h2 id="objects">Objects</h2>
    {objects.map(({ name, description, oneOf, fields }) => (
      <section class="object">
        <h3 id={objectId(name)}>
          {name}{' '}
          <a class="anchor" href={`#${objectId(name)}`} aria-label={`Link to ${name}`}>
            #
          </a>
        </h3>
        {description && <Prose text={description} links={links} />}
        {oneOf.length > 0 && (
          <p>
            One of <Type parts={oneOf} />
          </p>
        )}
        {fields.length > 0 && <FieldList fields={fields} links={links} of="answer" />}
      </section>
    ))}
  </section>
);
