import type { SiteView } from '../contract/api/sites.ts';
import { sumOf, type Site, type SiteCounts } from '../contract/site-counts.ts';

/** The results of a site as clients read them. */
export function toSiteView({ host, own, everyone }: Site): SiteView {
  return { host, ...toCounts(own), everyone: everyone && toCounts(everyone) };
}

function toCounts(counts: SiteCounts): Omit<SiteView, 'host' | 'everyone'> {
  const imports = sumOf(counts);
  const completed = counts.get('') ?? 0;
  const failed = [...counts].flatMap(([code, imports]) => (code === '' ? [] : [{ code, imports }]));
  return {
    imports,
    completed,
    failed: failed.toSorted((a, b) => b.imports - a.imports),
    successRate: imports === 0 ? null : Math.round((completed / imports) * 1000) / 1000,
  };
}
