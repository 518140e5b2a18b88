/** The message after a save. */
import type { ConnectionReport } from '../../../contract/api/storage/connection-report.ts';
import type { Flash } from '../../flash.ts';

/** Settings are saved whatever their test finds, as in the API. */
export function savedText({ ok, checks }: ConnectionReport): Flash {
  if (ok) return { kind: 'done', text: 'The configuration is saved, and the connection works.' };
  const failed = checks.find(({ status }) => status === 'fail');
  const reason = [failed?.message, failed?.hint].filter(Boolean).join(' ');
  const text = `The configuration is saved, but imports cannot be stored yet. ${reason}`;
  return { kind: 'problem', text: text.slice(0, 480) };
}
