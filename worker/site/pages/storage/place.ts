/** Which destination a page is about: the default one, a named one, or a new one. */
import type { Context } from 'hono';
import type { Ctx } from '../../../context.ts';
import { DestinationName } from '../../../contract/api/storage/storage-names.ts';
import { invalidFields } from '../../../errors.ts';
import { listDestinations } from '../../../storage/destinations/destinations.ts';
import type { Typed } from '../../forms.ts';
import type { SiteEnv } from '../../site-env.ts';
import { namedPath, STORAGE_PATH } from './paths.ts';

const NEW_PATH = `${STORAGE_PATH}/new`;

export const PLACES = [STORAGE_PATH, NEW_PATH, `${STORAGE_PATH}/destinations/:name`];

export interface Place {
  /** Its path. */
  action: string;
  /** Undefined for the default destination, and for a new one before it has its name. */
  name: string | undefined;
  isNew: boolean;
}

/** The place of a request. */
export function placeOf(c: Context<SiteEnv>): Place {
  const name = c.req.param('name');
  if (name !== undefined) return { action: namedPath(name), name, isNew: false };
  const isNew = c.req.path.startsWith(NEW_PATH);
  return { action: isNew ? NEW_PATH : STORAGE_PATH, name: undefined, isNew };
}

/** The name for the verbs. AppError `invalid_request` when a new destination has none, or that of an existing one, which must not be replaced. */
export async function requireName(
  ctx: Ctx,
  { workspaceId, place, typed }: { workspaceId: string; place: Place; typed: Typed },
): Promise<string | undefined> {
  if (!place.isNew) return place.name;
  const parsed = DestinationName.safeParse(typed['name'] ?? '');
  const [issue] = parsed.error?.issues ?? [];
  if (!parsed.success)
    throw invalidFields([{ field: 'name', message: `name ${issue?.message ?? 'is missing'}` }]);
  const taken = (await listDestinations(ctx, workspaceId)).some(({ name }) => name === parsed.data);
  if (taken)
    throw invalidFields([{ field: 'name', message: `name ${parsed.data} exists: choose another one` }]);
  return parsed.data;
}
