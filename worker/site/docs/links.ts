/** Where the links and the code in texts lead to. */
import { CODES } from '../../contract/codes.ts';
import type { ReferencePage } from './api/reference.ts';
import { GUIDES } from './guides.ts';
import type { Links } from './markdown.ts';

/** Paths that guides name. */
const PATHS = new Map([
  ['/openapi.json', '/openapi.json'],
  ['/docs', '/docs'],
]);

/** Resolves the links of a file in the repository, and finds operations and error codes that texts name. */
export function linksFrom(file: string, reference: readonly ReferencePage[]): Links {
  const operations = new Map<string, string>(
    reference.flatMap(({ slug, operations }) =>
      operations.map(({ method, path, id }) => [`${method} ${path}`, `/docs/api/${slug}#${id}`] as const),
    ),
  );
  return {
    resolve: (href) => resolveFrom(file, href),
    ofCode: (code) =>
      PATHS.get(code) ?? operations.get(code) ?? (Object.hasOwn(CODES, code) ? errorLink(code) : null),
  };
}

/** The place that explains an error code. */
export function errorLink(code: string): string {
  return `/docs/troubleshooting#${code}`;
}

function resolveFrom(file: string, href: string): string | null {
  if (href.startsWith('#')) return href;
  const { pathname, hash } = new URL(href, `https://repository.invalid/${file}`);
  const guide = GUIDES.find((guide) => `/${guide.file}` === pathname);
  return guide ? `/docs/${guide.slug}${hash}` : null;
}
