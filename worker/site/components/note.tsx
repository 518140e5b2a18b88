import type { Child, FC } from 'hono/jsx';
import type { Problems } from '../forms.ts';

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

/** The problem of a whole form. */
export const FormProblem: FC<{ problems: Problems }> = ({ problems }) =>
  problems.form ? (
    <Note tone="bad" role="alert">
      {problems.form}
    </Note>
  ) : null;
