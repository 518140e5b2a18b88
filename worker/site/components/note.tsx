import type { Child, FC } from 'hono/jsx';

export type Tone = 'good' | 'warn' | 'bad';

/** A few sentences that stand out. `role="status"` makes screen readers announce it. */
export const Note: FC<{ tone?: Tone; role?: 'status' | 'alert'; children?: Child }> = ({
  tone = '',
  role,
  children,
}) => (
  <div class={`note ${tone}`} role={role}>
    {children}
  </div>
);
