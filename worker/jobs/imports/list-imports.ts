/** The imports of a workspace, newest first, by page. What a page costs depends on its length, not on the number of imports. */
import { and, desc, eq, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { JobRow } from '../../db/rows.ts';
import { importDestinations, importWords } from '../../db/tables/import-lists.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { isListedImport } from '../../db/visible-job.ts';
import { findCandidates, rarestFirst, type ImportQuery } from './import-candidates.ts';

/** `next` is where the next page starts; null after the last import. */
export interface ImportPage {
  imports: JobRow[];
  next: string | null;
}

/** With two filters, few candidates of the first may match the second: further looks take more candidates at once. */
const CANDIDATES_OF_LOOKS = [0, 100, 200, 400];

/**
 * One index finds the candidates: that of the rarest word, else of the destination, the batch, the host, the status, or of all imports.
 * The other filters are checked on at most 800 candidates. Therefore a page may have fewer imports than `limit`, even none,
 * although more follow.
 */
export async function listImports(ctx: Ctx, query: ImportQuery): Promise<ImportPage> {
  const { workspaceId, limit } = query;
  const words = await rarestFirst(ctx, workspaceId, query.filters.words ?? []);
  const filters = { ...query.filters, words };
  const imports: JobRow[] = [];
  let next = query.after;
  for (const candidates of CANDIDATES_OF_LOOKS) {
    const count = Math.max(candidates, limit);
    const rows = await look(ctx, { workspaceId, filters, limit: count, after: next });
    for (const { id, job } of rows) {
      next = id;
      if (job) imports.push(job);
      if (imports.length === limit) return { imports, next };
    }
    if (rows.length < count) return { imports, next: null };
  }
  return { imports, next };
}

/** The next candidates; `job` is null where another filter does not match. */
function look(ctx: Ctx, query: ImportQuery): Promise<{ id: string; job: JobRow | null }[]> {
  const candidate = findCandidates(ctx, query).as('candidate');
  return ctx.db
    .select({ id: candidate.id, job: jobs })
    .from(candidate)
    .leftJoin(jobs, and(eq(jobs.id, candidate.id), ...matches(query)))
    .orderBy(desc(candidate.id));
}

/** All filters, except the one that has found the candidates in a table of its own. */
function matches({
  workspaceId,
  filters: { status, host, destinationId, batchId, words = [] },
}: ImportQuery): SQL[] {
  const [first, ...others] = words;
  return [
    eq(jobs.workspaceId, workspaceId),
    isListedImport(),
    ...(status === undefined ? [] : [eq(jobs.status, status)]),
    ...(host === undefined ? [] : [eq(jobs.sourceHost, host)]),
    ...(batchId === undefined ? [] : [eq(jobs.batchId, batchId)]),
    ...(destinationId === undefined || first === undefined ? [] : [isSentTo(destinationId)]),
    ...others.map((word) => hasWord(workspaceId, word)),
  ];
}

function isSentTo(destinationId: string): SQL {
  return sql`EXISTS (SELECT 1 FROM ${importDestinations} AS sent
    WHERE sent.destination_id = ${destinationId} AND sent.import_id = ${jobs.id})`;
}

function hasWord(workspaceId: string, word: string): SQL {
  return sql`EXISTS (SELECT 1 FROM ${importWords} AS other WHERE other.workspace_id = ${workspaceId}
    AND other.word = ${word} AND other.import_id = ${jobs.id})`;
}
