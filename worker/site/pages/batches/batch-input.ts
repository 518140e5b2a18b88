/** The form of a new batch: from the typed text to the request of the API. Pure. */
import { BatchRequest, MAX_BATCH_ITEMS } from '../../../contract/api/batches/batch-request.ts';
import type { FieldProblem } from '../../../contract/api/envelope.ts';
import { AppError, invalidFields } from '../../../errors.ts';
import { toInvalidRequest } from '../../../http/invalid-request.ts';
import { problemsOf, type Problems, type Typed } from '../../forms.ts';
import { LABELS as IMPORT_LABELS, importOptionsOf, numbers, texts } from '../imports/import-input.ts';

/** Two fields have other names than in the API, where their names occur twice. */
export const LABELS = {
  ...IMPORT_LABELS,
  urls: 'URLs',
  webhookUrl: 'Webhook URL of each import',
  batchWebhookUrl: 'Webhook URL of the batch',
  maxEntries: 'Most entries',
  title: 'Title contains',
  uploadedFrom: 'Uploaded from',
  uploadedTo: 'Uploaded until',
} as const;

/** The value of the field "source" for a playlist. */
export const PLAYLIST = 'playlist';
/** Lines of which the sentence beside the field tells. */
const MAX_WRONG_LINES = 3;

/** The request of the API. AppError `invalid_request` as in the API. */
export function toBatchRequest(typed: Typed): BatchRequest {
  const lines = urlLines(typed).map(({ url }) => url);
  const { webhookUrl } = texts({ webhookUrl: typed['batchWebhookUrl'] }, ['webhookUrl']);
  const parsed = BatchRequest.safeParse({
    ...(typed['source'] === PLAYLIST ? { playlist: playlistOf(typed, lines) } : { urls: requireUrls(lines) }),
    options: importOptionsOf(typed),
    ...(webhookUrl !== undefined && { webhookUrl }),
  });
  if (parsed.success) return parsed.data;
  throw toInvalidRequest(parsed.error);
}

function requireUrls(urls: string[]): string[] {
  if (urls.length === 0) throw wrongUrls('urls is empty: write each URL on a line of its own');
  if (urls.length <= MAX_BATCH_ITEMS) return urls;
  throw wrongUrls(
    `urls has ${urls.length} lines; a batch has at most ${MAX_BATCH_ITEMS.toLocaleString('en-US')}`,
  );
}

function playlistOf(typed: Typed, lines: string[]): object {
  const [url] = lines;
  if (lines.length !== 1) throw wrongUrls('urls must be the one URL of a playlist, a channel or a feed');
  const filters = texts(typed, ['title', 'uploadedFrom', 'uploadedTo']);
  return { url, ...filters, ...numbers(typed, ['maxEntries']) };
}

function wrongUrls(message: string): AppError {
  return invalidFields([{ field: 'urls', message }]);
}

/** Empty lines are skipped, but counted. */
function urlLines({ urls = '' }: Typed): { line: number; url: string }[] {
  return urls
    .split('\n')
    .map((text, index) => ({ line: index + 1, url: text.trim() }))
    .filter(({ url }) => url !== '');
}

/** The sentences of an expected error, by field of the form. Throws any other error. */
export function batchProblemsOf(error: unknown, typed: Typed): Problems {
  const { fields } = error instanceof AppError ? (error.fields as { fields?: FieldProblem[] }) : {};
  if (!(error instanceof AppError) || error.status >= 500 || !fields) return problemsOf(error, LABELS);
  const lines = urlLines(typed);
  const named = fields.map(({ field, message }) => {
    const [, index] = /^urls\.(\d+)/.exec(field) ?? [];
    const name = fieldOfForm(field);
    const text = withoutPath(message, field);
    return index === undefined
      ? { field: name, message: nameAgain(text, field, name) }
      : { field: 'urls', message: nameAgain(text, 'url', `Line ${lines[Number(index)]?.line}`) };
  });
  return problemsOf(invalidFields(joinLines(named)), LABELS);
}

/** `options.maxBytes` is the field `maxBytes` of the form. */
function fieldOfForm(path: string): string {
  if (path === 'webhookUrl') return 'batchWebhookUrl';
  if (path === 'playlist.url') return 'urls';
  return path.replace(/^(?:options|playlist)\./, '');
}

/** The API repeats the path before a sentence that names only the field. */
function withoutPath(message: string, path: string): string {
  return message.startsWith(`${path}: `) ? message.slice(path.length + 2) : message;
}

/** The sentence with the name that its field has in the form. */
function nameAgain(text: string, path: string, name: string): string {
  const leaf = path.split('.').at(-1) ?? path;
  const known = [path, leaf].find((one) => text.startsWith(`${one} `));
  return known === undefined ? `${name}: ${text}` : name + text.slice(known.length);
}

/** Several lines can be wrong, and the form has one sentence for them. */
function joinLines(problems: FieldProblem[]): [FieldProblem, ...FieldProblem[]] {
  const ofLines = problems.filter(({ message }) => message.startsWith('Line '));
  const others = problems.filter((problem) => !ofLines.includes(problem));
  if (ofLines.length === 0) return others as [FieldProblem, ...FieldProblem[]];
  const told = ofLines.slice(0, MAX_WRONG_LINES).map(({ message }) => message);
  const rest = ofLines.length - told.length;
  const message = [...told, ...(rest > 0 ? [`${rest} more lines are wrong`] : [])].join('. ');
  return [{ field: 'urls', message: `${message}.` }, ...others];
}
