import type { FC } from 'hono/jsx';
import { SubmitButton } from './button.tsx';

interface ChoiceFormProps {
  action: string;
  name: string;
  /** Read by screen readers. */
  label: string;
  options: readonly string[];
  value: string;
}

/** Changes one value of a row of a table. */
export const ChoiceForm: FC<ChoiceFormProps> = ({ action, name, label, options, value }) => (
  <form class="row together" method="post" action={action}>
    <select class="input" name={name} aria-label={label}>
      {options.map((one) => (
        <option value={one} selected={one === value}>
          {one}
        </option>
      ))}
    </select>
    <SubmitButton small aria-label={`Change: ${label}`}>
      Change
    </SubmitButton>
  </form>
);
