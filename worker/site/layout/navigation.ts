/** The sections of the dashboard, in the order of the sidebar. A new section is one more row. */
import type { Scope } from '../../contract/api/scopes.ts';
import type { SiteSession } from '../site-env.ts';
import type { IconName } from './icons.tsx';

export interface Section {
  href: string;
  label: string;
  icon: IconName;
  /** Default: everyone sees it. */
  isShown?: (session: SiteSession) => boolean;
}

export const SECTIONS: readonly Section[] = [
  { href: '/dashboard', label: 'Home', icon: 'home' },
  { href: '/dashboard/imports', label: 'Imports', icon: 'imports' },
  { href: '/dashboard/batches', label: 'Batches', icon: 'batches' },
  { href: '/dashboard/storage', label: 'S3 Storage', icon: 'storage', isShown: hasScope('storage') },
  { href: '/dashboard/keys', label: 'API keys', icon: 'keys', isShown: hasScope('admin') },
  { href: '/dashboard/webhooks', label: 'Webhooks', icon: 'webhooks', isShown: hasScope('webhooks') },
  { href: '/dashboard/usage', label: 'Usage', icon: 'usage', isShown: hasScope('usage') },
  { href: '/dashboard/members', label: 'Members', icon: 'members' },
  {
    href: '/dashboard/operations',
    label: 'Operations',
    icon: 'operations',
    isShown: ({ isOperator }) => isOperator,
  },
  { href: '/docs', label: 'Documentation', icon: 'docs' },
];

function hasScope(scope: Scope): (session: SiteSession) => boolean {
  return ({ principal }) => principal.scopes.includes(scope);
}

/** Whether a path is a page of the section. */
export function isInSection({ href }: Section, path: string): boolean {
  return href === '/dashboard' ? path === href : path === href || path.startsWith(`${href}/`);
}
