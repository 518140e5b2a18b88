import { SubmitButton } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { TextField } from '../../components/field.tsx';
import type { Problems } from '../../forms.ts';
import { FormProblem } from '../../components/note.tsx';
import { NewPasswordField } from '../accounts/account-form.tsx';

export const PASSWORD_LABELS = { currentPassword: 'Current password', newPassword: 'New password' };

/** Changes the password. */
export const PasswordCard = ({
  action,
  email,
  problems,
}: {
  action: string;
  email: string;
  problems: Problems;
}) => (
  <form method="post" action={action}>
    <Card
      title="Password"
      lead="A new password signs out your other devices."
      foot={<SubmitButton kind="primary">Change the password</SubmitButton>}
    >
      <div class="stack">
        <FormProblem problems={problems} />
        {/* Password managers store the new password under this name. */}
        <input type="email" name="username" value={email} autocomplete="username" readonly hidden />
        <TextField
          name="currentPassword"
          label={PASSWORD_LABELS.currentPassword}
          type="password"
          autocomplete="current-password"
          error={problems.currentPassword}
        />
        <NewPasswordField
          name="newPassword"
          label={PASSWORD_LABELS.newPassword}
          error={problems.newPassword}
        />
      </div>
    </Card>
  </form>
);
