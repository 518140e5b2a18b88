/** What Test Connection found, check by check. */
import type { FC } from 'hono/jsx';
import type {
  CheckName,
  ConnectionCheck,
  ConnectionReport,
} from '../../../contract/api/storage/connection-report.ts';
import type { IconName } from '../../layout/icons.tsx';
import { Icon } from '../../layout/icons.tsx';
import { Note } from '../../components/note.tsx';

const TITLES: Record<CheckName, string> = {
  address: 'Address',
  dns: 'Host name',
  tls: 'Certificate',
  endpoint: 'Endpoint',
  clock: 'Clock',
  credentials: 'Keys',
  bucket: 'Bucket',
  region: 'Region',
  write: 'Storing a file',
  headers: 'Settings',
  multipart: 'Large files',
  abort: 'Unfinished uploads',
  checksums: 'Checksums',
  conditionalWrites: 'Files with the same name',
  read: 'Reading',
  visitors: 'Visitors',
  cors: 'Browsers',
  delete: 'Cleaning up',
};

/** The state of a check: its mark, and the word that the mark stands for. */
const MARKS: Record<ConnectionCheck['status'], { tone: string; icon: IconName; word: string }> = {
  pass: { tone: 'good', icon: 'check', word: 'Passed' },
  warn: { tone: 'warn', icon: 'exclamation', word: 'Warning' },
  fail: { tone: 'bad', icon: 'cross', word: 'Failed' },
};

export const CheckItem: FC<{ check: ConnectionCheck }> = ({
  check: { name, status, message, hint, code },
}) => {
  const { tone, icon, word } = MARKS[status];
  return (
    <li>
      <span class={`step-mark ${tone}`}>
        <Icon name={icon} />
      </span>
      <div>
        <p>
          <strong>{TITLES[name]}</strong> <span class="soft small">{word}</span>
        </p>
        <p class="soft">{message}</p>
        {hint && (
          <p>
            {hint} {code && <a href={`/docs/troubleshooting#${code}`}>More about it</a>}
          </p>
        )}
      </div>
    </li>
  );
};

/** What all checks together mean, and what to do next. */
export const CheckSummary: FC<{ report: ConnectionReport }> = ({ report: { ok, checks } }) => {
  const failed = checks.filter(({ status }) => status === 'fail').length;
  const warned = checks.filter(({ status }) => status === 'warn').length;
  if (!ok)
    return (
      <Note tone="bad">
        <strong>Imports cannot be stored yet.</strong>
        {failed === 1 ? 'Change what the failed check names' : `Change what the ${failed} failed checks name`}
        , then test again.
      </Note>
    );
  return (
    <Note tone={warned === 0 ? 'good' : 'warn'}>
      <strong>The connection works.</strong>
      {warned === 0 ? 'Every check passed.' : `Imports can be stored, with ${counted(warned)} to read above.`}
    </Note>
  );
};

const counted = (count: number) => (count === 1 ? 'one warning' : `${count} warnings`);

export const ConnectionChecks: FC<{ report: ConnectionReport }> = ({ report }) => (
  <ol class="steps compact" data-checks>
    {report.checks.map((check) => (
      <CheckItem check={check} />
    ))}
    <li class="last">
      <CheckSummary report={report} />
    </li>
  </ol>
);
