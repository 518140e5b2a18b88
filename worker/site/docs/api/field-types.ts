/** Says in words which values a schema allows. */
import { refName, type Schema } from './openapi-document.ts';

/** A piece of a type. `object` is the name of the component that it links to. */
export interface TypePart {
  text: string;
  object?: string;
}

const FORMATS: Record<string, string> = { uuid: 'UUID', uri: 'URL', 'date-time': 'time', date: 'date' };

/** Longer lists of values are not part of the type. */
const MAX_CONSTANTS = 1;

/** The type of a field, such as `array of ImportSummary` or `string or null`. */
export function typeOf(schema: Schema): TypePart[] {
  const object = refName(schema);
  if (object !== undefined) return [{ text: object, object }];
  const variants = schema.anyOf ?? schema.oneOf;
  if (variants) return joinTypes(variants.map(typeOf));
  return joinTypes([schema.type ?? 'any value'].flat().map((type) => typeNamed(type, schema)));
}

/** An object with more members than this, all of one form, is a map: its members need no lines of their own. */
const MIN_MAP_MEMBERS = 20;

/** Whether an object is a map whose possible names are known, such as all error codes. */
export function isMap({ properties = {} }: Schema): boolean {
  const forms = new Set(Object.values(properties).map((schema) => JSON.stringify(schema)));
  return forms.size === 1 && Object.keys(properties).length >= MIN_MAP_MEMBERS;
}

function typeNamed(type: string, schema: Schema): TypePart[] {
  if (type === 'array') return [{ text: 'array of ' }, ...typeOf(schema.items ?? {})];
  if (type === 'object' && typeof schema.additionalProperties === 'object')
    return [{ text: 'map of ' }, ...typeOf(schema.additionalProperties)];
  if (type === 'object' && isMap(schema))
    return [{ text: 'map of ' }, ...typeOf(Object.values(schema.properties ?? {})[0] ?? {})];
  if (type === 'null' || schema.enum === undefined || schema.enum.length > MAX_CONSTANTS)
    return [{ text: type === 'string' ? (FORMATS[schema.format ?? ''] ?? type) : type }];
  return [{ text: JSON.stringify(schema.enum[0]) }];
}

/** `A or B`, without the repetition of equal ones. */
function joinTypes(types: TypePart[][]): TypePart[] {
  const different = [...new Map(types.map((type) => [JSON.stringify(type), type])).values()];
  return different.flatMap((type, index) => (index === 0 ? type : [{ text: ' or ' }, ...type]));
}

/** The values that a field may have, if they are listed. Null is part of the type. */
export function valuesOf(schema: Schema): string[] {
  const lists = [schema, ...(schema.anyOf ?? schema.oneOf ?? []), schema.items ?? {}].map(
    ({ enum: values = [] }) => (values.length > MAX_CONSTANTS ? values : []),
  );
  const values = lists.flat().filter((value) => value !== null);
  return [...new Set(values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))))];
}

/** Limits and the default of a field, each as a short sentence without a full stop. */
export function limitsOf(schema: Schema): string[] {
  const facts = [
    range(schema.minLength, schema.maxLength, 'characters'),
    range(schema.minItems, schema.maxItems, 'items'),
    range(schema.minimum ?? schema.exclusiveMinimum, schema.maximum, ''),
    // A sentence of the description says it in most cases.
    schema.default !== undefined && !schema.description?.includes('Default')
      ? `default ${JSON.stringify(schema.default)}`
      : '',
  ];
  return facts.filter((fact) => fact !== '');
}

/** No limit of the API, but of numbers in JavaScript. */
const isNoLimit = (limit: number | undefined) =>
  limit === undefined || Math.abs(limit) === Number.MAX_SAFE_INTEGER;

function range(min: number | undefined, max: number | undefined, unit: string): string {
  const end = isNoLimit(max) ? undefined : max?.toLocaleString('en');
  const start = isNoLimit(min) || min === 0 ? undefined : min?.toLocaleString('en');
  if (end === undefined)
    return start === undefined || unit === 'characters' ? '' : `at least ${start} ${unit}`.trim();
  return (
    start === undefined || (start === '1' && unit !== '')
      ? `at most ${end} ${unit}`
      : `${start} to ${end} ${unit}`
  ).trim();
}
