import type { Child, FC } from 'hono/jsx';

interface Look {
  /** `primary`: the one main action of a part; `danger`: it deletes; `quiet`: it is rarely needed. */
  kind?: 'primary' | 'danger' | 'danger primary' | 'quiet' | undefined;
  small?: boolean | undefined;
}

interface SubmitButtonProps extends Look {
  children?: Child;
  /** `name`, `value`, `formaction`, and the attributes of htmx. */
  [attribute: string]: unknown;
}

const className = ({ kind, small = false }: Look) =>
  ['button', kind, small && 'small'].filter(Boolean).join(' ');

/** Sends the form around it. */
export const SubmitButton: FC<SubmitButtonProps> = ({ kind, small, children, ...attributes }) => (
  <button type="submit" class={className({ kind, small })} {...attributes}>
    {children}
  </button>
);

/** A link that looks like a button. */
export const ButtonLink: FC<Look & { href: string; children?: Child }> = ({ href, children, ...look }) => (
  <a href={href} class={className(look)}>
    {children}
  </a>
);
