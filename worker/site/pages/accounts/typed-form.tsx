/** A form that was sent after its session had ended: it is kept over the sign-in, and sent again with one click. */
import { SubmitButton } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import type { Typed } from '../../forms.ts';

/** The field of the sign-in form that holds it, as a query. */
export const KEPT_FORM = 'keptForm';

/** The fields of a form as one text. */
export function packForm(typed: Typed): string {
  const fields = Object.entries(typed).map(([name, value]): [string, string] => [name, value ?? '']);
  return new URLSearchParams(fields).toString();
}

/** Sends the form again, to its path. */
export const SendAgain = ({ action, kept }: { action: string; kept: string }) => (
  <form method="post" action={action}>
    {[...new URLSearchParams(kept)].map(([name, value]) => (
      <input type="hidden" name={name} value={value} />
    ))}
    <Card
      isPage
      title="You are signed in again"
      foot={<SubmitButton kind="primary">Send the form</SubmitButton>}
    >
      <p>Your session had ended while you filled in a form. Nothing that you typed is lost.</p>
    </Card>
  </form>
);
