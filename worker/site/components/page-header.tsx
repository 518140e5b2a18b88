import type { Child, FC } from 'hono/jsx';
import { ButtonLink } from './button.tsx';

interface PageHeaderProps {
  title: string;
  /** One sentence: what the page is for. */
  lead?: Child;
  /** The page above this one. */
  up?: { href: string; label: string };
  /** The path of the guide to what the page is about. */
  guide?: string;
  /** Buttons. */
  children?: Child;
}

/** The heading of a page. */
export const PageHeader: FC<PageHeaderProps> = ({ title, lead, up, guide, children }) => (
  <header class="page-header">
    <div>
      {up && (
        <p class="crumb">
          <a href={up.href}>{up.label}</a>
        </p>
      )}
      <h1>{title}</h1>
      {lead && <p>{lead}</p>}
    </div>
    {(guide ?? children) && (
      <div class="row">
        {guide && <ButtonLink href={guide}>Guide</ButtonLink>}
        {children}
      </div>
    )}
  </header>
);
