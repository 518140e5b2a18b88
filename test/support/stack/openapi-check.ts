/** Validates answers of a running service with its own /openapi.json. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

interface OpenApiDocument {
  paths: Record<string, Record<string, { responses: Record<string, { content?: Record<string, unknown> }> }>>;
}

/** Throws if an answer is not documented for its path, method and status, or does not match its schema. */
export type AnswerCheck = (method: string, path: string, status: number, body: unknown) => void;

/** Reads the document once. Each schema is compiled at its first use. */
export async function createAnswerCheck(apiUrl: string): Promise<AnswerCheck> {
  const document = (await (await fetch(`${apiUrl}/openapi.json`)).json()) as OpenApiDocument;
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(document, 'api');
  // Ajv knows a schema again only by its object.
  const compiled = new Map<string, ValidateFunction>();
  return (method, path, status, body) => {
    const name = `${method} ${path} → ${status}`;
    const template = findTemplate(Object.keys(document.paths), path);
    const verb = method.toLowerCase();
    const documented = document.paths[template]?.[verb]?.responses[status]?.content?.['application/json'];
    if (documented === undefined) throw new Error(`${name} is not documented`);
    const pointer = [
      'paths',
      template,
      verb,
      'responses',
      `${status}`,
      'content',
      'application/json',
      'schema',
    ];
    const reference = `api#/${pointer.map(escapePointer).join('/')}`;
    const validate = compiled.get(reference) ?? ajv.compile({ $ref: reference });
    compiled.set(reference, validate);
    if (!validate(body))
      throw new Error(`${name}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(body)}`);
  };
}

/** Returns the documented path: the literal path, or a matching template (`/imports/{id}` for `/imports/7`), or else the path itself. */
function findTemplate(templates: string[], path: string): string {
  const { pathname } = new URL(path, 'http://service.example');
  if (templates.includes(pathname)) return pathname;
  const fits = (template: string) =>
    new RegExp(`^${template.replaceAll('.', String.raw`\.`).replaceAll(/\{[^}]+\}/g, '[^/]+')}$`).test(
      pathname,
    );
  return templates.find(fits) ?? pathname;
}

/** Encodes a JSON pointer for a URI fragment. */
function escapePointer(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
}
