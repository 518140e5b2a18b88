/** Calls of downloaders about several attempts: each attempt belongs to the database that its token names. */
import type { Ctx } from '../../context.ts';
import type { Directive, Heartbeat, HeartbeatAnswer, Hello } from '../../contract/downloader/report.ts';
import type { DownloaderProcess } from '../../contract/downloader/process-header.ts';
import { databaseOfId } from '../../ids.ts';
import { heartbeat } from '../../jobs/heartbeat.ts';
import { sayHello } from '../../jobs/slots/say-hello.ts';

/** `heartbeat` for the jobs of each database. The answer has the directives in the order of the report. */
export async function heartbeatOfAll(
  ctx: Ctx,
  beat: Heartbeat,
  sender: DownloaderProcess | null,
): Promise<HeartbeatAnswer> {
  const groups = [...group(ctx, beat.jobs, ({ token }) => token)];
  if (groups.length <= 1) return heartbeat(groups[0]?.[0] ?? ctx, beat, sender);
  const directives = new Map<object, Directive>();
  const answers = await Promise.all(
    groups.map(async ([own, jobs]) => {
      const answer = await heartbeat(own, { ...beat, jobs }, sender);
      for (const [index, directive] of answer.directives.entries())
        directives.set(jobs[index] as object, directive);
      return answer;
    }),
  );
  return {
    directives: beat.jobs.map((job) => directives.get(job) ?? 'stale'),
    nextReportSeconds: Math.max(...answers.map(({ nextReportSeconds }) => nextReportSeconds)),
  };
}

/** `sayHello` for the attempts of each database. */
export async function sayHelloToAll(ctx: Ctx, { lost }: Hello): Promise<number> {
  const groups = [...group(ctx, lost, (proof) => proof)];
  const known = await Promise.all(groups.map(([own, proofs]) => sayHello(own, { lost: proofs })));
  return known.reduce((total, count) => total + count, 0);
}

/** The items by the context with the database of their token, which begins with the ID of a job. */
function group<Item>(ctx: Ctx, items: readonly Item[], tokenOf: (item: Item) => string): Map<Ctx, Item[]> {
  return Map.groupBy(items, (item) => ctx.ofDatabase(databaseOfId(tokenOf(item))) ?? ctx);
}
