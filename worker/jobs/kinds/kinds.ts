import type { JobKind } from '../../contract/job.ts';
import type { JobRow } from '../../db/rows.ts';
import { importKind } from './import.ts';
import type { Kind } from './kind.ts';
import { storeKind } from './store.ts';

/** The kinds of job. A new kind is one more entry, and a file for it beside this one. */
const KINDS: Record<JobKind, Kind> = { import: importKind, store: storeKind };

/** What the kind of this job says. */
export function kindOf({ kind }: Pick<JobRow, 'kind'>): Kind {
  return KINDS[kind];
}
