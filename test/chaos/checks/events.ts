/** Checks of events and of what the receiver of webhooks got. */
import { d1, type Row } from '../../support/stack/local-state.ts';
import type { Delivery } from '../receiver.ts';
import type { Run } from './check.ts';

/** Kinds of jobs whose ends are announced under another name, or not at all. */
const PREFIX: Record<string, string> = { basic_metadata: 'basic-metadata' };

/** One event for each end, except those of playlists; one for each batch. */
export function everyEndIsAnnounced({ world: { stateDirectory } }: Run): string[] {
  const events = d1(stateDirectory, 'SELECT job_id, type FROM events').map(
    (row) => `${String(row['job_id'])} ${String(row['type'])}`,
  );
  const jobs = d1(stateDirectory, `SELECT id, kind, status FROM jobs WHERE kind <> 'playlist'`);
  const due = jobs.map((job) => `${String(job['id'])} ${typeOf(job)}`);
  const stored = d1(
    stateDirectory,
    `SELECT DISTINCT store_of AS id FROM jobs WHERE kind = 'store' AND status = 'completed'`,
  );
  due.push(...stored.map((row) => `${String(row['id'])} import.stored`));
  const batches = d1(
    stateDirectory,
    'SELECT count(*) AS rows FROM batches WHERE finished_at IS NOT NULL',
  )[0]?.['rows'];
  const ofBatches = events.filter((event) => event.endsWith(' batch.completed')).length;
  return [
    ...due.filter((event) => !events.includes(event)).map((event) => `${event} is missing`),
    ...events.filter((event, at) => events.indexOf(event) !== at).map((event) => `${event} is there twice`),
    ...(ofBatches === batches ? [] : [`${String(batches)} batches have ${ofBatches} events`]),
  ];
}

const typeOf = ({ kind, status }: Row) => `${PREFIX[String(kind)] ?? String(kind)}.${String(status)}`;

/** The receiver was told nothing that the database does not know, and no event says another end than its job. */
export function eventsHaveEnds({ world }: Run): string[] {
  const sql = `SELECT e.id, e.type, j.kind, j.status FROM events AS e JOIN jobs AS j ON j.id = e.job_id`;
  const events = d1(world.stateDirectory, sql);
  const known = new Map(events.map((row) => [String(row['id']), String(row['type'])]));
  const wrong = events.filter((row) => {
    const end = String(row['type']).split('.')[1];
    if (row['type'] === 'batch.completed') return false;
    return end === 'stored' ? row['status'] !== 'completed' : typeOf(row) !== row['type'];
  });
  const unknown = world.receiver.deliveries.filter(({ id, type }) => known.get(id) !== type);
  return [
    ...wrong.map((row) => JSON.stringify(row)),
    ...unknown.map(({ id, type, path }) => `${path} was told of ${type} ${id}`),
  ];
}

/** The endpoint of the workspace took each event, and so did the URL that the request named. */
export function deliveredOnce({ world: { stateDirectory, receiver, workspaces }, sent }: Run): string[] {
  const taken = new Set(
    receiver.deliveries.filter(({ isTaken }) => isTaken).map(({ path, id }) => `${path} ${id}`),
  );
  const callbacks = new Set(sent.filter(({ callbackUrl }) => callbackUrl !== null).flatMap(({ ids }) => ids));
  const events = d1(
    stateDirectory,
    'SELECT e.id, e.type, e.workspace_id, e.job_id, j.batch_id FROM events AS e JOIN jobs AS j ON j.id = e.job_id',
  );
  return events.flatMap(({ id, type, workspace_id: workspaceId, job_id: jobId, batch_id: batchId }) => {
    const workspace = workspaces.find((one) => one.id === workspaceId)!;
    const about = String(type === 'batch.completed' ? (batchId ?? jobId) : jobId);
    const hasCallback = callbacks.has(about) && type !== 'import.stored';
    const paths = [workspace.endpointPath, ...(hasCallback ? [workspace.callbackPath] : [])];
    return paths
      .filter((path) => !taken.has(`${path} ${String(id)}`))
      .map((path) => `${path} did not get ${String(type)} ${String(id)}`);
  });
}

/** Links in a body are new in each attempt, and a file may have reached its bucket meanwhile; all else is the same. */
export function deliveriesAgree({ world: { stateDirectory, receiver } }: Run): string[] {
  const sql = 'SELECT DISTINCT event_id, job_id FROM webhook_deliveries';
  const subjects = new Map(
    d1(stateDirectory, sql).map((row) => [String(row['event_id']), String(row['job_id'])]),
  );
  const contents = new Map<string, string>();
  return receiver.deliveries.flatMap((delivery) => {
    const content = contentOf(delivery);
    const first = contents.get(delivery.id) ?? content;
    contents.set(delivery.id, first);
    const { jobId, batchId } = JSON.parse(delivery.body) as { jobId?: string; batchId?: string };
    const name = `${delivery.type} ${delivery.id} at ${delivery.path}`;
    return [
      ...(delivery.isSigned ? [] : [`${name} is not signed`]),
      ...(content === first ? [] : [`${name} says ${content}, and before ${first}`]),
      ...((jobId ?? batchId) === subjects.get(delivery.id) ? [] : [`${name} is about another job`]),
    ];
  });
}

function contentOf({ type, body }: Delivery): string {
  const { jobId, batchId, status, creditsUsed } = JSON.parse(body) as Record<string, unknown>;
  return JSON.stringify({ type, id: jobId ?? batchId, status, creditsUsed });
}
