/** The answers of an operation as the reference shows them. */
import { CODES } from '../../../contract/codes.ts';
import { exampleOf } from './examples.ts';
import { fieldsOf, toField, type Field } from './fields.ts';
import { typeOf, type TypePart } from './field-types.ts';
import {
  resolve,
  type Answer,
  type OpenApiDocument,
  type Operation,
  type Schema,
} from './openapi-document.ts';

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

/** The answers that are not errors. */
export function answersOf(document: OpenApiDocument, method: string, { responses }: Operation): AnswerView[] {
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

/** The codes of all errors, by status. */
export function errorsOf({ responses }: Operation): ErrorView[] {
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
