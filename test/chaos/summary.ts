/** The figures of a chaos run. */
import { d1 } from '../support/stack/local-state.ts';
import { openUploads } from './checks/left.ts';
import type { Sent } from './clients.ts';
import type { World } from './world.ts';

export interface Summary {
  requests: number;
  /** Requests that clients had to send again. */
  repeats: number;
  /** The number of jobs in each state. */
  jobs: Record<string, number>;
  attempts: Record<string, number>;
  /** Uploads that the service does not know, since it died when it had just begun them. */
  unknownUploads: number;
  events: number;
  /** Requests that the receiver got, and those with which it took an event. */
  deliveries: number;
  taken: number;
}

export async function summarize(world: World, sent: Sent[]): Promise<Summary> {
  const { stateDirectory, workspaces, receiver } = world;
  const counts = (sql: string) =>
    Object.fromEntries(d1(stateDirectory, sql).map((row) => [String(row['name']), Number(row['rows'])]));
  return {
    requests: sent.length,
    repeats: workspaces.reduce((sum, { api }) => sum + api.repeats(), 0),
    jobs: counts('SELECT status AS name, count(*) AS rows FROM jobs GROUP BY status ORDER BY status'),
    attempts: counts(
      `SELECT name, count(*) AS rows FROM (SELECT outcome AS name FROM attempts
        UNION ALL SELECT status FROM jobs WHERE completed_in IS NOT NULL) GROUP BY name ORDER BY name`,
    ),
    unknownUploads: (await openUploads(world)).length,
    events: counts(`SELECT 'all' AS name, count(*) AS rows FROM events`)['all'] ?? 0,
    deliveries: receiver.deliveries.length,
    taken: receiver.deliveries.filter(({ isTaken }) => isTaken).length,
  };
}
