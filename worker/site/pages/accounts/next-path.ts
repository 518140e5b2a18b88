/** Where a person goes after the sign-in. Pure. */

const HOME = '/dashboard';

/** The path if it leads to a page of this service; else the first page. Otherwise a link could lead from our sign-in to another site. */
export function nextPath(path: string | undefined): string {
  if (path === undefined || !path.startsWith('/')) return HOME;
  const base = 'https://service.invalid';
  const url = URL.parse(path, base);
  // `/.//host` is a path whose parsed form `//host` names another site.
  const isOwn = url?.origin === base && !url.pathname.startsWith('//');
  return isOwn ? url.pathname + url.search : HOME;
}
