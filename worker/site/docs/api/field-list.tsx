/** Fields of requests and answers: name, type, what it means, and the fields inside it. */
import { raw } from 'hono/html';
import type { FC } from 'hono/jsx';
import { renderText, type Links } from '../markdown.ts';
import { codeTerms } from './code-terms.tsx';
import type { Field } from './fields.ts';
import type { TypePart } from './field-types.ts';

/** More values than this are shown on demand. */
const MAX_SHOWN_VALUES = 16;

/** Rows for fields. `showRequired`: fields of requests say which of them are required, fields of answers which may be absent. */
export const FieldList: FC<{ fields: readonly Field[]; links: Links; of: 'request' | 'answer' }> = ({
  fields,
  links,
  of,
}) => (
  <ul class="field-list">
    {fields.map((field) => (
      <li>
        <p class="field-head">
          <code class="field-name">{field.name}</code>
          <Type parts={field.type} />
          <Presence field={field} of={of} />
        </p>
        {field.description && <Prose text={field.description} links={links} />}
        <Values field={field} links={links} />
        {field.fields.length > 0 && <FieldList fields={field.fields} links={links} of={of} />}
        {field.variants.map((fields) => (
          <FieldList fields={fields} links={links} of={of} />
        ))}
      </li>
    ))}
  </ul>
);

const Presence: FC<{ field: Field; of: 'request' | 'answer' }> = ({ field: { isRequired }, of }) => {
  if (of === 'request') return isRequired ? <span class="field-required">required</span> : null;
  return isRequired ? null : <span class="field-optional">may be absent</span>;
};

/** A type, with links to the objects that it names. */
export const Type: FC<{ parts: readonly TypePart[] }> = ({ parts }) => (
  <span class="field-type">
    {parts.map(({ text, object }) =>
      object === undefined ? text : <a href={`#${objectId(object)}`}>{text}</a>,
    )}
  </span>
);

/** The anchor of an object on a page. */
export function objectId(name: string): string {
  return `object-${name}`;
}

const Values: FC<{ field: Field; links: Links }> = ({ field: { values, limits }, links }) => {
  const list = values.length > 0 && codeTerms(values, links);
  return (
    <>
      {list && values.length <= MAX_SHOWN_VALUES && <p class="field-facts">One of {list}</p>}
      {list && values.length > MAX_SHOWN_VALUES && (
        <details class="field-facts">
          <summary>One of {values.length} values</summary>
          <p>{list}</p>
        </details>
      )}
      {limits.length > 0 && <p class="field-facts">{capitalize(limits.join(', '))}</p>}
    </>
  );
};

const capitalize = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** Text of the description. */
export const Prose: FC<{ text: string; links: Links }> = ({ text, links }) => (
  // Made by renderText, which escapes all text.
  <div class="prose">{raw(renderText(text, links))}</div>
);
