/** What must be true after a chaos run. Each check has a name and finds nothing when all is well. */
import type { Check, Finding, Run } from './check.ts';
import { deliveredOnce, deliveriesAgree, eventsHaveEnds, everyEndIsAnnounced } from './events.ts';
import { everyJobEnded, endedAsPlanned, madeOnce, withinBudget } from './jobs.ts';
import { leftFolders, leftRows, leftUploads, leftChildren, ownCrashes } from './left.ts';
import { batchesAddUp, nothingIsHeld, oneBill, sumsAreRight } from './money.ts';
import { filesAreWhole, noOrphans } from './objects.ts';

export const CHECKS: Readonly<Record<string, Check>> = {
  'every job has ended': everyJobEnded,
  'every job ended as its source decides': endedAsPlanned,
  'each request made its jobs once': madeOnce,
  'attempts and failures are within their budgets': withinBudget,
  'one bill for each job': oneBill,
  'the sums equal the bills': sumsAreRight,
  'no cost is held, and no counter is left': nothingIsHeld,
  'batches have ended and add up': batchesAddUp,
  'every stored file is complete, byte for byte': filesAreWhole,
  'no object without a completed job': noOrphans,
  'no unfinished upload': leftUploads,
  'nothing waits or is open': leftRows,
  'no folder of a job': leftFolders,
  'no process of a job': leftChildren,
  'no downloader ended by its own fault': ownCrashes,
  'every end is announced once': everyEndIsAnnounced,
  'no event without an end': eventsHaveEnds,
  'every event was delivered': deliveredOnce,
  'deliveries of an event have one id and one content, and are signed': deliveriesAgree,
};

export async function runChecks(run: Run): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [check, find] of Object.entries(CHECKS))
    findings.push(...(await find(run)).map((problem) => ({ check, problem })));
  return findings;
}
