/** The OpenAPI document as the pages of the reference show it: a page for each tag. */
import { answersOf, errorsOf, type AnswerView, type ErrorView } from './answers.ts';
import { curlOf } from './curl.ts';
import { toField, fieldsOf, variantsOf, type Field } from './fields.ts';
import { typeOf, type TypePart } from './field-types.ts';
import { objectsOf, type ObjectView } from './objects.ts';
import { resolve, type OpenApiDocument, type Operation } from './openapi-document.ts';

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
