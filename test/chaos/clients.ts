/** The clients of a chaos run: they send the planned requests, repeat them until they are answered, and do what follows. */
import { setTimeout as delay } from 'node:timers/promises';
import { d1 } from '../support/stack/local-state.ts';
import type { PlannedRequest } from './plan.ts';
import type { Site } from './sites.ts';
import type { ChaosWorkspace, World } from './world.ts';

/** A request and the answers that it got. */
export interface Sent {
  planned: PlannedRequest;
  workspaceId: string;
  callbackUrl: string | null;
  /** The ids of all answers: more than one for twins. Of a batch, its id. */
  ids: string[];
  /** The store jobs that the client asked for. */
  storeIds: string[];
}

const LOOK_EVERY_MS = 100;
const TERMINAL = ['completed', 'failed', 'canceled'];
/** Within this time, every job has ended, however often its attempts are killed. */
const END_WITHIN_MS = 8 * 60_000;

/** Sends one request and does what follows it. Resolves when the client has nothing more to do. */
export async function send(world: World, planned: PlannedRequest, sent: Sent[]): Promise<void> {
  const workspace = world.workspaces[planned.workspace]!;
  const { api, callbackUrl } = workspace;
  const { work, name } = planned;
  const site = world.sites.site(name);
  const callback = planned.hasCallback ? callbackUrl : null;
  const body = { ...work.body(site), ...(callback !== null && { webhookUrl: callback }) };
  const ids: string[] = [];
  const record: Sent = { planned, workspaceId: workspace.id, callbackUrl: callback, ids, storeIds: [] };
  const once = async () => {
    const data = await api.call('POST', work.path, body, name);
    ids.push(String(data['batchId'] ?? data['jobId']));
  };
  await Promise.all(planned.isTwin ? [once(), once()] : [once()]);
  sent.push(record);
  await FOLLOW[work.follow]({ world, workspace, site, record });
}

interface Following {
  world: World;
  workspace: ChaosWorkspace;
  site: Site;
  record: Sent;
}

const FOLLOW: Record<PlannedRequest['work']['follow'], (following: Following) => Promise<void>> = {
  none: async () => undefined,
  'cancel-early': async ({ world, workspace, record }) => {
    await until(world, record.ids[0]!, ({ status }) => status !== 'queued');
    await cancel(workspace, record.ids[0]!);
  },
  'cancel-late': async ({ world, workspace, site, record }) => {
    const [jobId] = record.ids as [string];
    // The final report, alone or with the last upload.
    const base = `/internal/jobs/${jobId}/`;
    const { done, disarm } = world.proxies.worker[0]!.breakAt({
      moment: 'before',
      matches: (_method, at) => at.startsWith(base) && /\/completed?$/.test(at),
      act: () => cancel(workspace, jobId),
    });
    site.release();
    // An attempt that was killed after it had stored everything is not reported.
    await Promise.race([done, until(world, jobId, ({ status }) => TERMINAL.includes(String(status)))]);
    disarm();
  },
  'store-later': async ({ world, workspace, record }) => {
    const [jobId] = record.ids as [string];
    const job = await until(world, jobId, ({ status }) => TERMINAL.includes(String(status)));
    if (job['status'] !== 'completed') return;
    const body = { storageFilename: record.planned.name };
    const data = await workspace.api.call(
      'POST',
      `/imports/${jobId}/store`,
      body,
      `${record.planned.name}-store`,
    );
    record.storeIds.push(String(data['jobId']));
  },
};

/** 409 means that the job has ended meanwhile. */
async function cancel({ api }: ChaosWorkspace, jobId: string): Promise<void> {
  const { status, body } = await api.send('DELETE', `/imports/${jobId}`);
  if (status !== 200 && status !== 409)
    throw new Error(`the cancelation answered ${status}: ${JSON.stringify(body)}`);
}

async function until(
  { stateDirectory }: World,
  jobId: string,
  holds: (job: Record<string, unknown>) => boolean,
): Promise<Record<string, unknown>> {
  const deadline = performance.now() + END_WITHIN_MS;
  for (;;) {
    const [job] = d1(stateDirectory, 'SELECT status FROM jobs WHERE id = ?', jobId);
    if (job && holds(job)) return job;
    if (performance.now() > deadline) throw new Error(`job ${jobId} is still ${String(job?.['status'])}`);
    await delay(LOOK_EVERY_MS);
  }
}
