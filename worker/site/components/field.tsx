/** A labeled control with its hint and its error. */
import type { Child, FC } from 'hono/jsx';

interface FieldProps {
  name: string;
  label: string;
  hint?: Child;
  error?: string | undefined;
  optional?: boolean;
}

interface TextFieldProps extends FieldProps {
  value?: string | undefined;
  type?: 'text' | 'password' | 'email' | 'url' | 'number' | 'search' | 'date';
  placeholder?: string | undefined;
  autocomplete?: string;
  /** For text that a machine reads. */
  code?: boolean;
  /** Lines of a text area. Default: an input of one line. */
  rows?: number;
  autofocus?: boolean;
  list?: string;
}

/** Connects the control with its hint and its error, so that screen readers read them with it. */
export function describedBy({ name, hint, error }: FieldProps) {
  const ids = [hint ? `${name}-hint` : '', error ? `${name}-error` : ''].filter(Boolean).join(' ');
  return { 'aria-describedby': ids || undefined, 'aria-invalid': error ? ('true' as const) : undefined };
}

const Frame: FC<FieldProps & { children?: Child }> = ({ name, label, hint, error, optional, children }) => (
  <div class="field">
    <label for={name}>
      {label} {optional && <span class="optional">(optional)</span>}
    </label>
    {children}
    {error && (
      <p class="field-error" id={`${name}-error`}>
        {error}
      </p>
    )}
    {hint && (
      <p class="hint" id={`${name}-hint`}>
        {hint}
      </p>
    )}
  </div>
);

/** A field for text. */
export const TextField: FC<TextFieldProps> = (props) => {
  const {
    name,
    value,
    type = 'text',
    placeholder,
    autocomplete = 'off',
    code,
    rows,
    autofocus,
    list,
  } = props;
  const control = {
    id: name,
    name,
    placeholder,
    autocomplete,
    autofocus,
    spellcheck: code ? false : undefined,
    class: code ? 'input code' : 'input',
    ...describedBy(props),
  };
  return (
    <Frame {...props}>
      {rows === undefined ? (
        <input type={type} value={value} list={list} {...control} />
      ) : (
        <textarea rows={rows} {...control}>
          {value}
        </textarea>
      )}
    </Frame>
  );
};

interface SelectFieldProps extends FieldProps {
  value?: string | undefined;
  options: readonly (readonly [value: string, label: string])[];
}

/** A field with a few fixed choices. */
export const SelectField: FC<SelectFieldProps> = (props) => (
  <Frame {...props}>
    <select class="input" id={props.name} name={props.name} {...describedBy(props)}>
      {props.options.map(([value, label]) => (
        <option value={value} selected={value === props.value}>
          {label}
        </option>
      ))}
    </select>
  </Frame>
);

interface CheckFieldProps extends FieldProps {
  checked?: boolean;
  value?: string;
  /** Default: the name. Several checkboxes of one name need different ones. */
  id?: string;
}

/** A checkbox. */
export const CheckField: FC<CheckFieldProps> = ({ checked = false, value = 'on', id, ...props }) => (
  <div class="check">
    <input
      type="checkbox"
      id={id ?? props.name}
      name={props.name}
      value={value}
      checked={checked}
      {...describedBy(props)}
    />
    <label for={id ?? props.name}>{props.label}</label>
    {props.error && (
      <p class="field-error" id={`${props.name}-error`}>
        {props.error}
      </p>
    )}
    {props.hint && (
      <p class="hint" id={`${props.name}-hint`}>
        {props.hint}
      </p>
    )}
  </div>
);

/** Rarely needed fields, closed until somebody opens them. */
export const Disclosure: FC<{ label: string; open?: boolean; children?: Child }> = ({
  label,
  open,
  children,
}) => (
  <details class="disclosure" open={open}>
    <summary>{label}</summary>
    {children}
  </details>
);
