/** The form of a webhook endpoint. */
import type { Child, FC } from 'hono/jsx';
import { WebhookEvent } from '../../../contract/webhook-event.ts';
import { Card } from '../../components/card.tsx';
import { CheckField, SelectField, TextField } from '../../components/field.tsx';
import { FormProblem } from '../../components/note.tsx';
import type { Problems, Typed } from '../../forms.ts';
import { eventField, LABELS } from './webhook-input.ts';

interface WebhookFormProps {
  title: string;
  action: string;
  typed: Typed;
  problems: Problems;
  /** Buttons. */
  foot: Child;
}

export const WebhookForm: FC<WebhookFormProps> = ({ title, action, typed, problems, foot }) => (
  <form method="post" action={action}>
    <Card title={title} foot={foot}>
      <div class="stack wide">
        <FormProblem problems={problems} />
        <TextField
          name="url"
          type="url"
          label={LABELS.url}
          value={typed.url}
          error={problems.url}
          code
          placeholder="https://app.example.com/hooks/importly"
          hint="Receives a signed POST for each event."
        />
        <fieldset class="stack tight">
          <legend>{LABELS.events}</legend>
          {problems.events && <p class="field-error">{problems.events}</p>}
          <div class="columns">
            {WebhookEvent.options.map((event) => (
              <CheckField
                name={eventField(event)}
                label={event}
                checked={typed[eventField(event)] !== undefined}
              />
            ))}
          </div>
        </fieldset>
        <div class="fields">
          <SelectField
            name="format"
            label={LABELS.format}
            value={typed.format}
            error={problems.format}
            options={[
              ['flat', "Importly's flat object"],
              ['full', 'The whole status of the job'],
            ]}
          />
          <TextField
            name="description"
            label={LABELS.description}
            value={typed.description}
            error={problems.description}
            optional
          />
        </div>
      </div>
    </Card>
  </form>
);
