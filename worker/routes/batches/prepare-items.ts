/** Checks the items of a batch as `POST /import` checks its request. */
import type { FieldProblem } from '../../contract/api/envelope.ts';
import type { BatchRequest } from '../../contract/api/batches/batch-request.ts';
import type { ImportOptions, ImportRequest } from '../../contract/api/import-request.ts';
import type { Ctx } from '../../context.ts';
import { AppError } from '../../errors.ts';
import type { NewItem } from '../../jobs/batches/insert-items.ts';
import { findReferred } from '../../storage/destinations/destinations.ts';
import { prepareImport } from '../imports/prepare-import.ts';

/** A request, and the place of each of its fields in the body. */
export interface Asked {
  request: ImportRequest;
  retryOf?: string;
  fieldOf: (name: string) => string;
}

/** What a body with URLs or items asks for. */
export function askedItems({ urls = [], items = [], options = {} }: BatchRequest): Asked[] {
  const place = (own: object, path: string) => (name: string) =>
    name in own ? `${path}.${name}` : `options.${name}`;
  return [
    ...urls.map((url, index) => ({
      request: { ...options, url },
      fieldOf: (name: string) => (name === 'url' ? `urls.${index}` : `options.${name}`),
    })),
    ...items.map((item, index) => ({
      request: { ...options, ...item },
      fieldOf: place(item, `items.${index}`),
    })),
  ];
}

/** The imports to be made. AppErrors as for a single import, with the fields of the batch. Each destination is read once. */
export async function prepareItems(ctx: Ctx, workspaceId: string, asked: Asked[]): Promise<NewItem[]> {
  const find = findOnce();
  const items: NewItem[] = [];
  for (const { request, fieldOf, retryOf } of asked) {
    try {
      const prepared = await prepareImport(ctx, workspaceId, request, find);
      items.push({ ...prepared, ...(retryOf !== undefined && { retryOf }) });
    } catch (error) {
      throw error instanceof AppError ? inBatch(error, fieldOf) : error;
    }
  }
  return items;
}

/** The same for the options that the entries of a playlist will have. */
export async function prepareOptions(
  ctx: Ctx,
  workspaceId: string,
  { playlist, options = {} }: { playlist: { url: string }; options?: ImportOptions | undefined },
): Promise<{ url: string; options: ImportOptions }> {
  const request = { ...options, url: playlist.url };
  const fieldOf = (name: string) => (name === 'url' ? 'playlist.url' : `options.${name}`);
  const [item] = await prepareItems(ctx, workspaceId, [{ request, fieldOf }]);
  const { url, ...checked } = item?.request ?? request;
  return { url, options: checked };
}

function findOnce(): typeof findReferred {
  const found = new Map<string | undefined, ReturnType<typeof findReferred>>();
  return (ctx, ref) => {
    const known = found.get(ref.name) ?? findReferred(ctx, ref);
    found.set(ref.name, known);
    return known;
  };
}

/** The error with the names of the fields in the body of the batch. */
function inBatch({ code, message, fields }: AppError, fieldOf: (name: string) => string): AppError {
  const { fields: problems } = fields as { fields?: FieldProblem[] };
  const [first, ...rest] = (problems ?? []).map((problem) => ({
    field: fieldOf(problem.field),
    message: `${fieldOf(problem.field)}: ${problem.message}`,
  }));
  if (!first) return new AppError(code, message, fields);
  const sentence = [first, ...rest].map((problem) => problem.message).join('; ');
  return new AppError(code, sentence, { ...fields, field: first.field, fields: [first, ...rest] });
}
