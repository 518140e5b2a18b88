/** Guarded agents and resolvers for tests. */
import type { LookupAddress } from 'node:dns';
import type { Agent } from 'undici';
import { parseEgressAllow } from '../../../worker/contract/address-policy.ts';
import type { JobFailure } from '../../../downloader/job-failure.ts';
import { createGuardedAgent, type GuardedAgentOptions } from '../../../downloader/net/guarded-agent.ts';
import type { LookupAll } from '../../../downloader/net/guarded-connect.ts';
import { mapNetworkError } from '../../../downloader/net/network-error.ts';
import { closeServers } from './servers.ts';

const agents: Agent[] = [];
/** Ends agents and servers: for `afterEach`. */
export async function endNetwork(): Promise<void> {
  await Promise.all(agents.splice(0).map((agent) => agent.destroy()));
  await closeServers();
}

/** A guarded agent, ended by `endNetwork`. */
export function agentFor(allow: string, options: Partial<GuardedAgentOptions> = {}): Agent {
  const agent = createGuardedAgent({ allow: parseEgressAllow(allow), purpose: 'source', ...options });
  agents.push(agent);
  return agent;
}

/** A resolver that gives each answer in turn, and then repeats the last one. */
export function resolvesTo(...answers: string[][]): LookupAll {
  let asked = 0;
  return (_host, _options, callback) => {
    const addresses = answers[Math.min(asked, answers.length - 1)] ?? [];
    asked += 1;
    process.nextTick(
      callback,
      null,
      addresses.map((address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
}

export async function get(agent: Agent, url: string): Promise<string> {
  const { origin, pathname } = new URL(url);
  const { body } = await agent.request({ origin, path: pathname, method: 'GET' });
  return body.text();
}

/** How `mapNetworkError` names what `work` threw. */
export async function failureOf(work: Promise<unknown>): Promise<JobFailure['failure']> {
  const error = await work.then(
    () => new Error('It succeeded'),
    (error: unknown) => error,
  );
  return mapNetworkError(error, 'source').failure;
}
