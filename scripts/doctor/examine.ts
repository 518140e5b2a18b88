/** The checks of `npm run doctor` in their order: a check whose condition failed is skipped, never assumed. */
import type { Diagnosis } from '../../worker/contract/api/diagnostics.ts';
import type { ImportViewOf } from '../../worker/contract/api/import-view.ts';
import { runCheck, skipped, type Check, type CheckResult } from './check.ts';
import type { Deployment } from './deployment.ts';
import {
  cancelCheck,
  deleteCheck,
  digestCheck,
  importCheck,
  rangeCheck,
  storageCheck,
} from './import-checks.ts';
import { diagnosisCheck, partChecks, workerCheck } from './parts-checks.ts';

export interface Examination {
  deployment: Deployment;
  /** Whether to import into a saved bucket, and into which: null is the default destination. */
  storage: { destination: string | null } | null;
  /** Called with each result as it is there. */
  onResult: (result: CheckResult) => void;
}

/** Checks that need a working downloader. */
const IMPORT_CHECKS = ['Import', 'Digest', 'Range read', 'Delete', 'Cancel'];

/** Runs every check and answers all results. Imports the sample at most three times. */
export async function examine({ deployment, storage, onResult }: Examination): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  const add = (result: CheckResult): boolean => {
    results.push(result);
    onResult(result);
    return result.outcome === 'passed';
  };
  const check = async (one: Check) => add(await runCheck(one));
  const skip = (names: string[], because: string) => {
    for (const name of names) add(skipped(name, because));
  };

  let diagnosis: Diagnosis | undefined;
  if (!(await check(workerCheck(deployment)))) {
    skip(['API key', ...IMPORT_CHECKS], 'the check of the Worker');
    return results;
  }
  await check(diagnosisCheck(deployment, (found) => (diagnosis = found)));
  if (!diagnosis) {
    skip(IMPORT_CHECKS, 'the check of the API key');
    return results;
  }
  for (const one of partChecks(deployment, diagnosis)) await check(one);

  if (!diagnosis.downloader.ok) {
    skip(IMPORT_CHECKS, 'the check of the downloader');
    return results;
  }
  const { sampleUrl } = diagnosis.configuration;
  let imported: ImportViewOf<'completed'> | undefined;
  await check(importCheck(deployment, { sampleUrl, keep: (done) => (imported = done) }));
  if (imported)
    for (const one of [digestCheck(imported), rangeCheck(imported), deleteCheck(deployment, imported)])
      await check(one);
  else skip(['Digest', 'Range read', 'Delete'], 'the import');
  await check(cancelCheck(deployment, { sampleUrl }));
  if (storage) await check(storageCheck(deployment, { sampleUrl, ...storage, keep: () => undefined }));
  return results;
}
