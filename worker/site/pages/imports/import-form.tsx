/** The form of a new import. */
import type { Child, FC } from 'hono/jsx';
import { SubmitButton } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { TextField } from '../../components/field.tsx';
import { FormProblem } from '../../components/note.tsx';
import { LABELS } from './import-input.ts';
import { ImportOptionFields, type ImportOptionsProps } from './import-options.tsx';
import { NEW_PATH } from './paths.ts';

export interface ImportFormProps extends ImportOptionsProps {
  /** Makes the form count once, however often it is sent. */
  formId: string;
}

/** Every change asks for the preview again, and so does a URL that is pasted. Without scripts a button does. */
export const ImportForm: FC<ImportFormProps & { children?: Child }> = (props) => {
  const { typed, problems, formId, children } = props;
  return (
    <form
      class="split"
      method="post"
      action={NEW_PATH}
      hx-post={`${NEW_PATH}/preview`}
      hx-trigger="change, paste delay:200ms"
      hx-target="#preview"
      hx-swap="outerHTML"
    >
      <input type="hidden" name="formId" value={formId} />
      <Card
        foot={
          <>
            <SubmitButton kind="primary">Import</SubmitButton>
            <SubmitButton formaction={`${NEW_PATH}/preview`} data-without-script>
              Show the estimate
            </SubmitButton>
          </>
        }
      >
        <div class="stack wide">
          <FormProblem problems={problems} />
          <TextField
            name="url"
            label={LABELS.url}
            value={typed.url}
            error={problems.url}
            type="url"
            code
            autofocus
            placeholder="https://example.com/video.mp4"
            hint="A file, a stream, or a page with a video."
          />
          <ImportOptionFields {...props} />
        </div>
      </Card>
      {children}
    </form>
  );
};
