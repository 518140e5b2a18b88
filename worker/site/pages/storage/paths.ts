/** The paths of the pages about storage. */

export const STORAGE_PATH = '/dashboard/storage';

/** The page of a destination: the default one has the short path. */
export function pathOf({ name, isDefault }: { name: string; isDefault: boolean }): string {
  return isDefault ? STORAGE_PATH : namedPath(name);
}

export function namedPath(name: string): string {
  return `${STORAGE_PATH}/destinations/${encodeURIComponent(name)}`;
}
