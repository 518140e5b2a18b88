import type { JobKind } from '../../contract/job.ts';
import type { JobRow } from '../../db/rows.ts';
import { AppError } from '../../errors.ts';
import { importKind } from './import.ts';
import type { Kind } from './kind.ts';
import { basicMetadataKind, metadataKind } from './metadata.ts';
import { playlistKind } from './playlist.ts';
import { storeKind } from './store.ts';

/** The kinds of job. A new kind is one more entry, and a file for it beside this one. */
const KINDS: Record<JobKind, Kind> = {
  import: importKind,
  store: storeKind,
  metadata: metadataKind,
  basic_metadata: basicMetadataKind,
  playlist: playlistKind,
};

/** What the kind of this job says. */
export function kindOf({ kind }: Pick<JobRow, 'kind'>): Kind {
  return KINDS[kind];
}

/** The import whose stored file the job reads. AppError `not_found` when its kind reads none. */
export function importOf(job: JobRow): string {
  const importId = kindOf(job).importOf?.(job);
  if (importId === undefined) throw new AppError('not_found');
  return importId;
}
