/** Asks before something is deleted: a dialog where scripts run, else a page with the same content. */
import type { Child, FC } from 'hono/jsx';
import { SubmitButton } from './button.tsx';
import { Card } from './card.tsx';

interface ConfirmProps {
  /** Unique on the page. */
  id: string;
  /** The question. */
  title: string;
  /** The page with the same question, for browsers without scripts. */
  href: string;
  /** Where the form is posted. Default: `href`. */
  action?: string;
  /** The word on the button that opens the dialog. */
  open: string;
  /** The word on the button that confirms. */
  confirm: string;
  small?: boolean;
  /** What happens then. */
  children?: Child;
}

type ConfirmFormProps = Pick<ConfirmProps, 'title' | 'confirm' | 'children'> & {
  action: string;
  /** Where "Cancel" leads. */
  back: string;
  isPage?: boolean;
};

const ConfirmForm: FC<ConfirmFormProps> = ({ title, confirm, children, action, back, isPage }) => (
  <form method="post" action={action}>
    <Card
      isPage={isPage}
      title={title}
      foot={
        <>
          <SubmitButton kind="danger primary">{confirm}</SubmitButton>
          <a class="button" href={back} data-close>
            Cancel
          </a>
        </>
      }
    >
      <div class="stack tight">{children}</div>
    </Card>
  </form>
);

/** The button, and the dialog that it opens. */
export const ConfirmButton: FC<ConfirmProps> = ({ id, href, action, open, small, ...form }) => (
  <>
    <a class={small ? 'button danger small' : 'button danger'} href={href} data-dialog={id}>
      {open}
    </a>
    <dialog class="dialog" id={id} aria-label={form.title}>
      <ConfirmForm action={action ?? href} back="#" {...form} />
    </dialog>
  </>
);

/** The content of the page at `href`. */
export const ConfirmPage: FC<Omit<ConfirmFormProps, 'isPage'>> = (props) => <ConfirmForm isPage {...props} />;
