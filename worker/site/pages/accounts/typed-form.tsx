/** A form that was sent after its session had ended: it is kept over the sign-in, and sent again with one click. Secrets are not kept. */
import { SubmitButton } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { TextField } from '../../components/field.tsx';
import type { Typed } from '../../forms.ts';

/** The field of the sign-in form that holds it, as a query. */
export const KEPT_FORM = 'keptForm';

/** Every field for a password or a secret key, with its label. A page must not hold what was typed there. */
export const SECRET_FIELDS: Readonly<Record<string, string>> = {
  password: 'Password',
  currentPassword: 'Current password',
  newPassword: 'New password',
  secretAccessKey: 'Secret Access Key',
  sessionToken: 'Session Token',
};

const isSecret = (name: string): boolean => Object.hasOwn(SECRET_FIELDS, name);

/** The fields of a form as one text. A secret that was typed becomes an empty field, which is typed again; one that was not typed is left out. */
export function packForm(typed: Typed): string {
  const kept = Object.entries(typed).flatMap(([name, value = '']): [string, string][] => {
    if (!isSecret(name)) return [[name, value]];
    return value === '' ? [] : [[name, '']];
  });
  return new URLSearchParams(kept).toString();
}

/** Sends the form again, to its path, with the secrets that are typed here. */
export const SendAgain = ({ action, kept }: { action: string; kept: string }) => {
  const fields = [...new URLSearchParams(kept)];
  const secrets = fields.flatMap(([name]) => (isSecret(name) ? [name] : []));
  return (
    <form method="post" action={action}>
      {fields.map(([name, value]) => !isSecret(name) && <input type="hidden" name={name} value={value} />)}
      <Card
        isPage
        title="You are signed in again"
        foot={<SubmitButton kind="primary">Send the form</SubmitButton>}
      >
        <div class="stack">
          <p>
            Your session had ended while you filled in a form.{' '}
            {secrets.length === 0
              ? 'Nothing that you typed is lost.'
              : 'What you typed is kept, except secrets. Type them again:'}
          </p>
          {secrets.map((name) => (
            <TextField
              name={name}
              label={SECRET_FIELDS[name] ?? name}
              type="password"
              autocomplete="new-password"
            />
          ))}
        </div>
      </Card>
    </form>
  );
};
