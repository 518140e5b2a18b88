/** The components that operations use, directly or through other components. */
import { fieldsOf, type Field } from './fields.ts';
import { typeOf, type TypePart } from './field-types.ts';
import { refName, type OpenApiDocument, type Operation } from './openapi-document.ts';

export interface ObjectView {
  name: string;
  description: string | undefined;
  /** The objects that it may be; empty if it has fields of its own. */
  oneOf: TypePart[];
  fields: Field[];
}

/** The objects in the order in which a reader meets them. Bodies of requests are left out, since operations list their fields. */
export function objectsOf(document: OpenApiDocument, operations: readonly Operation[]): ObjectView[] {
  const names = new Set<string>();
  const bodies = operations.map(({ requestBody }) => requestBody?.content['application/json']?.schema ?? {});
  const isBody = new Set(bodies.map(refName));
  for (const operation of operations) collect(document, operation, names);
  return [...names].filter((name) => !isBody.has(name)).map((name) => toObject(document, name));
}

/** Adds the names of all components that a part of the document refers to. */
function collect(document: OpenApiDocument, part: unknown, names: Set<string>): void {
  if (typeof part !== 'object' || part === null) return;
  const name = refName(part);
  if (name !== undefined && !names.has(name)) {
    names.add(name);
    collect(document, document.components.schemas[name], names);
  }
  for (const child of Object.values(part)) collect(document, child, names);
}

function toObject(document: OpenApiDocument, name: string): ObjectView {
  const schema = document.components.schemas[name] ?? {};
  return {
    name,
    description: schema.description,
    oneOf: schema.anyOf || schema.oneOf ? typeOf({ ...schema }) : [],
    fields: fieldsOf(document, schema),
  };
}
