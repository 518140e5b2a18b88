/** What is reported of a finished file: its rates, and why it differs from what was asked for. */
import { explainDifferences, type MediaDetails } from '../worker/contract/choice/differences.ts';
import type { CompleteRequest } from '../worker/contract/downloader/report.ts';
import type { Content } from './content.ts';
import { choiceOf, type JobContext } from './job-context.ts';
import { ratesOf, type CheckedFacts } from './track-rates.ts';

/** The facts and details of a report. A store job reports no details, since its file is that of an import. */
export function describeFile(
  job: JobContext,
  { offered }: Pick<Content, 'offered'>,
  { checked, sizeBytes }: { checked: CheckedFacts; sizeBytes: number },
): Pick<CompleteRequest, 'facts' | 'details'> {
  const { rates: _, ...facts } = checked;
  if (job.command.kind !== 'import') return { facts };
  const rates = ratesOf(checked, sizeBytes);
  const differences = explainDifferences(choiceOf(job), { facts, rates, offered: offered ?? null });
  const details: MediaDetails = { rates, differences };
  return { facts, details };
}
