import type { Child, FC } from 'hono/jsx';

interface PageHeaderProps {
  title: string;
  /** One sentence: what the page is for. */
  lead?: Child;
  /** The page above this one. */
  up?: { href: string; label: string };
  /** Buttons. */
  children?: Child;
}

/** The heading of a page. */
export const PageHeader: FC<PageHeaderProps> = ({ title, lead, up, children }) => (
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
    {children && <div class="row">{children}</div>}
  </header>
);
