/** The curl command that sends an example of an operation. */
import { exampleOf } from './examples.ts';
import type { OpenApiDocument, Operation, Parameter } from './openapi-document.ts';

/** The command, for the server that the document names. */
export function curlOf(
  document: OpenApiDocument,
  method: string,
  path: string,
  operation: Operation,
): string {
  const body = operation.requestBody?.content['application/json']?.schema;
  const lines = [
    `curl ${method === 'GET' ? '' : `-X ${method} `}${urlOf(document, path, operation.parameters ?? [])}`,
    ...(operation.security ? ['-H "Authorization: Bearer $API_KEY"'] : []),
    ...(body
      ? ['-H "Content-Type: application/json"', `-d ${quote(jsonOf(exampleOf(document, body)))}`]
      : []),
  ];
  return lines.join(' \\\n  ');
}

/** A longer line than this is split. */
const MAX_LINE = 44;

/** JSON on one line, or a line for each member if that is long. */
function jsonOf(value: unknown): string {
  const lines = JSON.stringify(value, null, 2);
  const line = lines.replaceAll(/\n */g, ' ');
  return line.length > MAX_LINE ? lines.replaceAll('\n', '\n  ') : line;
}

/** The URL with examples of its required parameters. */
function urlOf(document: OpenApiDocument, path: string, parameters: Parameter[]): string {
  const valueOf = ({ name, schema }: Parameter) =>
    schema.example === undefined ? variable(name) : encodeURIComponent(String(exampleOf(document, schema)));
  const inPath = parameters.filter((parameter) => parameter.in === 'path');
  const filled = inPath.reduce(
    (url, parameter) => url.replace(`{${parameter.name}}`, valueOf(parameter)),
    path,
  );
  const query = parameters
    .filter((parameter) => parameter.in === 'query' && parameter.required)
    .map((parameter) => `${parameter.name}=${valueOf(parameter)}`)
    .join('&');
  const url = `${document.servers[0]?.url ?? ''}${filled}${query && `?${query}`}`;
  return /[?$]/.test(url) ? `"${url}"` : url;
}

/** The variable of the shell for a value that only the reader knows: `$DELIVERY_ID` for `deliveryId`. */
const variable = (name: string) => `$${name.replaceAll(/[A-Z]/g, '_$&').toUpperCase()}`;

/** As one word of the shell. */
const quote = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
