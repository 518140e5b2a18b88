/** The columns of a job that say how an attempt read its source. */
import type { SourceReport } from '../contract/media.ts';

/** The mark of a source that needs a single connection stays for all later attempts. */
export function sourceColumns({ way, reason, oneConnection }: SourceReport) {
  return { sourceWay: way, sourceReason: reason, ...(oneConnection && { sourceOneConnection: true }) };
}
