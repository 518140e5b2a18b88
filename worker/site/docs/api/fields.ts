/** Schemas as lists of fields, with the fields of nested objects below theirs. */
import { isMap, limitsOf, typeOf, valuesOf, type TypePart } from './field-types.ts';
import { resolve, type OpenApiDocument, type Schema } from './openapi-document.ts';

export interface Field {
  name: string;
  type: TypePart[];
  isRequired: boolean;
  /** Markdown. */
  description: string | undefined;
  values: string[];
  limits: string[];
  /** Of the object, or of each object of the array or map. */
  fields: Field[];
  /** The forms of an object that has several. */
  variants: Field[][];
}

/** A field. Fields of components are not listed: its type links to them. */
export function toField(document: OpenApiDocument, name: string, schema: Schema, isRequired: boolean): Field {
  return {
    name,
    type: typeOf(schema),
    isRequired,
    description: schema.description ?? resolve(document, schema).description,
    values: valuesOf(schema),
    limits: limitsOf(schema),
    fields: fieldsOf(document, innermost(schema)),
    variants: variantsOf(document, innermost(schema)),
  };
}

/** The fields of an object; of anything else none. */
export function fieldsOf(document: OpenApiDocument, schema: Schema): Field[] {
  const { properties = {}, required = [] } = schema;
  if (isMap(schema)) return [];
  return Object.entries(properties).map(([name, schema]) =>
    toField(document, name, schema, required.includes(name)),
  );
}

/** The forms of an object that has several, unless they are components. */
export function variantsOf(document: OpenApiDocument, { anyOf, oneOf }: Schema): Field[][] {
  return (anyOf ?? oneOf ?? [])
    .map((schema) => fieldsOf(document, schema))
    .filter((fields) => fields.length > 0);
}

/** What an array or a map consists of, through any number of them. */
function innermost(schema: Schema): Schema {
  const { items, additionalProperties } = schema;
  if (items) return innermost(items);
  return typeof additionalProperties === 'object' ? innermost(additionalProperties) : schema;
}
