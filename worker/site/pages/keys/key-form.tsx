/** The form of a new API key. */
import type { FC } from 'hono/jsx';
import { ALL_SCOPES } from '../../../contract/api/scopes.ts';
import { SubmitButton } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { CheckField, SelectField, TextField } from '../../components/field.tsx';
import { FormProblem } from '../../components/note.tsx';
import type { Problems, Typed } from '../../forms.ts';
import { ENDS, LABELS, scopeField, SCOPES } from './key-input.ts';

interface KeyFormProps {
  typed: Typed;
  problems: Problems;
  action: string;
}

export const KeyForm: FC<KeyFormProps> = ({ typed, problems, action }) => {
  const isNew = Object.keys(typed).length === 0;
  return (
    <form method="post" action={action}>
      <Card title="New key" foot={<SubmitButton kind="primary">Create the key</SubmitButton>}>
        <div class="stack wide">
          <FormProblem problems={problems} />
          <div class="fields">
            <TextField
              name="name"
              label={LABELS.name}
              value={typed.name}
              error={problems.name}
              placeholder="upload form"
            />
            <SelectField
              name="days"
              label={LABELS.expiresAt}
              value={typed.days}
              error={problems.expiresAt}
              options={ENDS}
            />
          </div>
          <fieldset class="stack tight">
            <legend>{LABELS.scopes}</legend>
            {problems.scopes && <p class="field-error">{problems.scopes}</p>}
            {ALL_SCOPES.map((scope) => (
              <CheckField
                name={scopeField(scope)}
                label={SCOPES[scope]}
                hint={scope}
                checked={isNew ? scope.startsWith('imports') : typed[scopeField(scope)] !== undefined}
              />
            ))}
          </fieldset>
          <TextField
            name="allowedAddresses"
            label={LABELS.allowedAddresses}
            value={typed.allowedAddresses}
            error={problems.allowedAddresses}
            rows={2}
            code
            optional
            placeholder="192.0.2.0/24"
            hint="One address or network on each line. Empty: every address."
          />
        </div>
      </Card>
    </form>
  );
};
