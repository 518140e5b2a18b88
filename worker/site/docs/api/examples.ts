/** Makes an example of what a schema describes. */
import { resolve, type OpenApiDocument, type Schema } from './openapi-document.ts';

const BY_FORMAT: Record<string, string> = {
  uuid: '01a20cd1-6bb4-728b-a1f3-382e058cda0a',
  uri: 'https://example.com/video.mp4',
  'date-time': '2026-11-27T09:09:41.432Z',
  date: '2026-11-27',
};

/** The example of the schema; if it has none, one that is made of the examples of its parts, with all fields that are always present. */
export function exampleOf(document: OpenApiDocument, reference: Schema): unknown {
  const schema = resolve(document, reference);
  if (schema.example !== undefined) return schema.example;
  if (schema.default !== undefined) return schema.default;
  if (isNullable(schema)) return null;
  if (schema.enum) return schema.enum[0];
  const variants = schema.anyOf ?? schema.oneOf;
  if (variants) return exampleOf(document, schema.oneOf ? fullest(document, variants) : (variants[0] ?? {}));
  return exampleOfType(document, schema);
}

/** The form with the most examples, such as the completed one of an import. */
function fullest(document: OpenApiDocument, forms: Schema[]): Schema {
  const examplesIn = (form: Schema) => JSON.stringify(resolve(document, form)).split('"example":').length;
  return forms.toSorted((a, b) => examplesIn(b) - examplesIn(a))[0] ?? {};
}

/** Without an example, the usual value of such a field is null. */
const isNullable = ({ type }: Schema) => Array.isArray(type) && type.includes('null');

function exampleOfType(document: OpenApiDocument, schema: Schema): unknown {
  const type = [schema.type].flat()[0] ?? 'string';
  switch (type) {
    case 'object':
      return exampleOfObject(document, schema);
    case 'array':
      return [exampleOf(document, schema.items ?? {})];
    case 'integer':
    case 'number':
      return schema.minimum ?? schema.exclusiveMinimum ?? 0;
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return BY_FORMAT[schema.format ?? ''] ?? '…';
  }
}

function exampleOfObject(document: OpenApiDocument, { properties = {}, required = [] }: Schema): unknown {
  const isShown = ([name, schema]: [string, Schema]) =>
    required.includes(name) || schema.example !== undefined;
  const shown = Object.entries(properties).filter(isShown);
  return Object.fromEntries(shown.map(([name, schema]) => [name, exampleOf(document, schema)]));
}
