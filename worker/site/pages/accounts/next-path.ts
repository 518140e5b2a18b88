/** Where a person goes after the sign-in. Pure. */

const HOME = '/dashboard';

/** The path if it leads to a page of this service; else the first page. Otherwise a link could lead from our sign-in to another site. */
export function nextPath(path: string | undefined): string {
  if (path === undefined || !path.startsWith('/')) return HOME;
  const base = 'https://service.invalid';
  const url = URL.parse(path, base);
  return url === null || url.origin !== base ? HOME : url.pathname + url.search;
}
