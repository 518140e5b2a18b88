/** The parts of an OpenAPI 3.1 document that the reference shows. */

export interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  format?: string;
  enum?: unknown[];
  example?: unknown;
  default?: unknown;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
}

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  description?: string;
  schema: Schema;
}

export type Content = Record<string, { schema?: Schema; example?: unknown }>;

export interface Answer {
  description: string;
  content?: Content;
  headers?: Record<string, { description?: string; schema?: Schema }>;
}

export interface Operation {
  tags?: string[];
  summary?: string;
  description?: string;
  security?: Record<string, string[]>[];
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Content };
  responses: Record<string, Answer>;
}

export interface OpenApiDocument {
  info: { title: string; version: string; description: string };
  servers: { url: string }[];
  tags?: { name: string; description: string }[];
  components: { schemas: Record<string, Schema> };
  paths: Record<string, Record<string, Operation>>;
  webhooks: Record<string, Record<string, Operation>>;
}

/** The name of the component that a schema refers to. */
export function refName({ $ref }: Schema): string | undefined {
  return $ref?.split('/').at(-1);
}

/** The schema itself, or the component that it refers to. Throws if there is no such component. */
export function resolve(document: OpenApiDocument, schema: Schema): Schema {
  const name = refName(schema);
  if (name === undefined) return schema;
  const component = document.components.schemas[name];
  if (!component) throw new Error(`The document has no component ${name}.`);
  return component;
}
