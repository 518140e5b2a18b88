import type { Device } from '../../../accounts/list-sessions.ts';
import { Badge } from '../../components/badge.tsx';
import { SubmitButton } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Table } from '../../components/table.tsx';
import { Time } from '../../components/time.tsx';
import { deviceName } from './device-name.ts';

/** The sessions of the user. */
export const DevicesCard = ({ path, devices }: { path: string; devices: Device[] }) => (
  <Card
    title="Devices"
    lead="Where you are signed in. A session lasts 30 days."
    flush
    foot={
      <form method="post" action={`${path}/sign-out-everywhere`}>
        <SubmitButton kind="danger">Sign out everywhere</SubmitButton>
      </form>
    }
  >
    <Table
      caption="Your sessions"
      rows={devices}
      columns={[
        { label: 'Device', cell: ({ userAgent }) => deviceName(userAgent) },
        { label: 'Address', cell: ({ ipAddress }) => ipAddress || 'unknown' },
        { label: 'Signed in', cell: ({ signedInAt }) => <Time at={signedInAt} /> },
        {
          label: '',
          end: true,
          cell: ({ sessionId, isCurrent }) =>
            isCurrent ? (
              <Badge tone="good" word="This device" />
            ) : (
              <form method="post" action={`${path}/devices/${sessionId}/end`}>
                <SubmitButton small>Sign out</SubmitButton>
              </form>
            ),
        },
      ]}
    />
  </Card>
);
