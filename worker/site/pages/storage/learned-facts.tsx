/** What tests and uploads have taught about a bucket. */
import type { Child, FC } from 'hono/jsx';
import type { DestinationView } from '../../../contract/api/storage/destination-view.ts';
import { Card } from '../../components/card.tsx';
import { Definitions } from '../../components/definitions.tsx';
import { Ago } from '../../components/time.tsx';

export const LearnedFacts: FC<{ view: DestinationView; now: number }> = ({ view, now }) => {
  const { learned, provider, bucket } = view;
  const visitors = learned?.visitors?.[bucket];
  const regions = Object.entries(learned?.regions ?? {}).filter(
    ([name, region]) => name !== bucket || region !== view.region,
  );
  const rows: [string, Child][] = [
    ['Provider', provider],
    [
      'Region',
      regions.length === 0 ? null : regions.map(([name, region]) => `${name}: ${region}`).join(', '),
    ],
    ['Reading files', yesNo(learned?.canGetObject, 'The key may read', 'The key may only write')],
    [
      'Checksums',
      yesNo(learned?.checksCrc32, 'Every part is verified with CRC-32', 'Parts are verified with SHA-256'),
    ],
    [
      'Files with the same name',
      yesNo(learned?.conditionalWrites, 'Can be protected', 'Are always overwritten'),
    ],
    [
      'Settings it refuses',
      learned?.unsupportedHeaders?.length ? learned.unsupportedHeaders.join(', ') : null,
    ],
    ['Visitors', yesNo(visitors?.publiclyReadable, 'Anybody can read the files', 'The files are private')],
    ['Browsers', yesNo(visitors?.cors, 'Pages of any origin can read', 'Pages of other origins cannot read')],
    ['Checked', visitors ? <Ago at={visitors.checkedAt} now={now} /> : null],
  ];
  return (
    <Card title="What we learned about this bucket">
      {learned === null && <p class="soft">Nothing yet. Test Connection finds out.</p>}
      <Definitions rows={rows} stacked />
    </Card>
  );
};

function yesNo(fact: boolean | undefined, yes: string, no: string): string | null {
  if (fact === undefined) return null;
  return fact ? yes : no;
}
