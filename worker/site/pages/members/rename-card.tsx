import { SubmitButton } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { TextField } from '../../components/field.tsx';
import type { Problems } from '../../forms.ts';
import { MEMBERS_PATH } from './paths.ts';

/** Gives the workspace another name. */
export const RenameCard = ({ name, problems }: { name: string; problems: Problems }) => (
  <form method="post" action={`${MEMBERS_PATH}/workspace`}>
    <Card title="Workspace" foot={<SubmitButton>Rename</SubmitButton>}>
      <TextField name="workspaceName" label="Name" value={name} error={problems['workspaceName']} />
    </Card>
  </form>
);
