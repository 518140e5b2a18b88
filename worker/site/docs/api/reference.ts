/** The OpenAPI document as the pages of the reference show it: a page for each tag. */
import { CODES } from '../../../contract/codes.ts';
import { curlOf } from './curl.ts';
import { exampleOf } from './examples.ts';
import { toField, fieldsOf, variantsOf, type Field } from './fields.ts';
import { typeOf, type TypePart } from './field-types.ts';
import { objectsOf, type ObjectView } from './objects.ts';
import {
  resolve,
  type Answer,
  type OpenApiDocument,
  type Operation,
  type Schema,
} from './openapi-document.ts';

export interface ReferencePage {
  /** The path below /docs/api/. */
  slug: string;
  title: string;
  description: string;
  operations: OperationView[];
  /** What the operations receive and answer, by name. */
  objects: ObjectView[];
}

export interface OperationView {
  /** The anchor on the page. */
  id: string;
  method: string;
  path: string;
  summary: string;
  description: string | undefined;
  /** The scope that the API key needs; undefined: no key is needed. */
  scope: string | undefined;
  parameters: { title: string; fields: Field[] }[];
  body: BodyView | undefined;
  answers: AnswerView[];
  errors: ErrorView[];
  curl: string | undefined;
}

export interface BodyView {
  isRequired: boolean;
  type: TypePart[];
  fields: Field[];
  variants: Field[][];
}

export interface AnswerView {
  status: string;
  description: string;
  /** Content types other than JSON. */
  types: string[];
  /** The type of the member `data`, of which all JSON answers consist, or of the whole body if it has no such member. */
  type: TypePart[] | undefined;
  fields: Field[];
  headers: Field[];
  /** As JSON. */
  example: string | undefined;
}

export interface ErrorView {
  status: string;
  code: string;
  message: string;
}

const PARAMETER_TITLES = { path: 'Path parameters', query: 'Query parameters', header: 'Headers' };

/** All pages, in the order of the document's tags. */
export function toReference(document: OpenApiDocument): ReferencePage[] {
  const operations = [...operationsIn(document.paths), ...operationsIn(document.webhooks)];
  return (document.tags ?? []).map(({ name, description }) => {
    const tagged = operations.filter(({ operation }) => operation.tags?.includes(name));
    return {
      slug: slugOf(name),
      title: name,
      description,
      operations: tagged.map(({ method, path, operation }) => toOperation(document, method, path, operation)),
      objects: objectsOf(
        document,
        tagged.map(({ operation }) => operation),
      ),
    };
  });
}

function operationsIn(paths: OpenApiDocument['paths']) {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
}

function toOperation(
  document: OpenApiDocument,
  method: string,
  path: string,
  operation: Operation,
): OperationView {
  const isWebhook = document.webhooks[path] !== undefined;
  return {
    id: slugOf(`${method} ${path}`),
    method,
    path: isWebhook ? 'to your server' : path,
    summary: operation.summary ?? '',
    description: operation.description,
    scope: operation.security?.flatMap(({ apiKey = [] }) => apiKey).join(', '),
    parameters: parametersOf(document, operation),
    body: bodyOf(document, operation),
    answers: answersOf(document, method, operation),
    errors: errorsOf(operation),
    curl: isWebhook ? undefined : curlOf(document, method, path, operation),
  };
}

/** `GET /imports/{id}` is `get-imports-id`. */
const slugOf = (text: string) =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');

function parametersOf(
  document: OpenApiDocument,
  { parameters = [] }: Operation,
): OperationView['parameters'] {
  return (['path', 'query', 'header'] as const)
    .map((place) => ({
      title: PARAMETER_TITLES[place],
      fields: parameters
        .filter((parameter) => parameter.in === place)
        .map(({ name, schema, required, description }) =>
          toField(
            document,
            name,
            { ...schema, ...(description !== undefined && { description }) },
            required === true,
          ),
        ),
    }))
    .filter(({ fields }) => fields.length > 0);
}

function bodyOf(document: OpenApiDocument, { requestBody }: Operation): BodyView | undefined {
  const schema = requestBody?.content['application/json']?.schema;
  if (!schema) return undefined;
  const resolved = resolve(document, schema);
  return {
    isRequired: requestBody.required === true,
    type: typeOf(schema.$ref ? resolved : schema),
    fields: fieldsOf(document, resolved),
    variants: variantsOf(document, resolved),
  };
}

function answersOf(document: OpenApiDocument, method: string, { responses }: Operation): AnswerView[] {
  const good = Object.entries(responses).filter(([status]) => !isError(status));
  return good.map(([status, answer]) => {
    const view = toAnswer(document, status, answer);
    // Of several forms, an example has the one that is most often read, which is not the one that a change leads to.
    return method !== 'GET' && hasForms(document, answer) ? { ...view, example: undefined } : view;
  });
}

function toAnswer(document: OpenApiDocument, status: string, answer: Answer): AnswerView {
  const { content = {}, headers = {}, description } = answer;
  const schema = content['application/json']?.schema;
  const data = dataOf(answer);
  return {
    status,
    description,
    types: Object.keys(content).filter((type) => type !== 'application/json'),
    type: data && typeOf(data),
    fields: data ? fieldsOf(document, data.items ?? data) : [],
    headers: Object.entries(headers)
      .filter(([name]) => !name.startsWith('X-RateLimit-'))
      .map(([name, { schema = {}, description }]) =>
        toField(document, name, { ...schema, ...(description !== undefined && { description }) }, false),
      ),
    example: schema && JSON.stringify(exampleOf(document, schema), null, 2),
  };
}

/** The schema of what an answer says, without its envelope. */
function dataOf({ content = {} }: Answer): Schema | undefined {
  const schema = content['application/json']?.schema;
  return schema?.properties?.['data'] ?? schema;
}

function hasForms(document: OpenApiDocument, answer: Answer): boolean {
  const data = dataOf(answer);
  return data !== undefined && resolve(document, data).oneOf !== undefined;
}

const isError = (status: string) => status.startsWith('4') || status.startsWith('5');

function errorsOf({ responses }: Operation): ErrorView[] {
  return Object.entries(responses)
    .filter(([status]) => isError(status))
    .flatMap(([status, { content = {} }]) => {
      const codes = content['application/json']?.schema?.properties?.['code']?.enum ?? [];
      return codes.map(String).map((code) => ({ status, code, message: messageOf(code) }));
    });
}

function messageOf(code: string): string {
  return Object.entries(CODES).find(([name]) => name === code)?.[1].message ?? '';
}
