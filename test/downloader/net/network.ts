/** Guarded agents and resolvers for tests. */
import type { LookupAddress } from 'node:dns';
import { parseEgressAllow } from '../../../worker/contract/address-policy.ts';
import type { JobFailure } from '../../../downloader/job-failure.ts';
import { createGuardedAgent } from '../../../downloader/net/guarded-agent.ts';
import type { Guard, LookupAll } from '../../../downloader/net/guarded-connect.ts';
import type { HttpAgent } from '../../../downloader/net/http1/http-agent.ts';
import { exchange, type ShortAnswer } from '../../../downloader/net/http1/short-answer.ts';
import { mapNetworkError } from '../../../downloader/net/network-error.ts';
import { closeServers } from './servers.ts';

const agents: HttpAgent[] = [];
/** Ends agents and servers: for `afterEach`. */
export async function endNetwork(): Promise<void> {
  for (const agent of agents.splice(0)) agent.destroy();
  await closeServers();
}

/** A guarded agent, ended by `endNetwork`. */
export function agentFor(allow: string, options: Partial<Guard> = {}): HttpAgent {
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

/** A GET with times of its own. */
export function answerOf(
  agent: HttpAgent,
  url: string,
  times: { headersTimeoutMs?: number; idleTimeoutMs?: number } = {},
): Promise<ShortAnswer> {
  const request = {
    method: 'GET',
    url: new URL(url),
    headers: {},
    headersTimeoutMs: 30_000,
    idleTimeoutMs: 60_000,
  };
  const { signal } = new AbortController();
  return exchange(agent, { ...request, ...times }, { maxBytes: 1024 * 1024, signal });
}

/** The body of the answer to a GET. */
export async function get(agent: HttpAgent, url: string): Promise<string> {
  return (await answerOf(agent, url)).text;
}

/** How `mapNetworkError` names what `work` threw. */
export async function failureOf(work: Promise<unknown>): Promise<JobFailure['failure']> {
  const error = await work.then(
    () => new Error('It succeeded'),
    (error: unknown) => error,
  );
  return mapNetworkError(error, 'source').failure;
}
