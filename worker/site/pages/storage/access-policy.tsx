/** The policy of the key, with the name of the bucket filled in. */
import type { FC } from 'hono/jsx';
import { Card } from '../../components/card.tsx';
import { CodeBlock } from '../../components/code-block.tsx';

/** The name that a script replaces with what is typed. */
const NO_BUCKET = 'your-bucket-name';

/** The policy of the guide for this bucket, as JSON. */
export function accessPolicy(bucket: string): string {
  const statement = {
    Effect: 'Allow',
    Action: ['s3:PutObject', 's3:PutObjectAcl'],
    Resource: `arn:aws:s3:::${bucket}/*`,
  };
  return JSON.stringify({ Version: '2012-10-17', Statement: [statement] }, null, 2);
}

export const AccessPolicy: FC<{ bucket: string | undefined; isHidden: boolean }> = ({ bucket, isHidden }) => (
  <Card
    hidden={isHidden}
    title="IAM policy for this bucket"
    lead="Give it to a user of its own in the IAM console. Never use the keys of the root user."
  >
    <div data-policy={NO_BUCKET}>
      <CodeBlock id="policy" label="IAM policy" text={accessPolicy(bucket?.trim() || NO_BUCKET)} />
    </div>
  </Card>
);
