import type { Child, FC } from 'hono/jsx';

interface CardProps {
  title?: Child;
  lead?: Child;
  /** Beside the title. */
  actions?: Child;
  /** Buttons below. */
  foot?: Child;
  /** True for content that reaches the edges, for example a table. */
  flush?: boolean;
  id?: string;
  hidden?: boolean;
  /** True for the only card of a page: its title is the heading of the page. */
  isPage?: boolean | undefined;
  children?: Child;
}

/** A part of a page with its own heading. */
export const Card: FC<CardProps> = ({
  title,
  lead,
  actions,
  foot,
  flush = false,
  id,
  hidden,
  isPage = false,
  children,
}) => (
  <section class="card" id={id} hidden={hidden}>
    {title && (
      <div class="card-head">
        <div>
          {isPage ? <h1>{title}</h1> : <h2>{title}</h2>}
          {lead && <p>{lead}</p>}
        </div>
        {actions && <div class="row">{actions}</div>}
      </div>
    )}
    {children && <div class={flush ? 'card-body flush' : 'card-body'}>{children}</div>}
    {foot && <div class="card-foot">{foot}</div>}
  </section>
);
