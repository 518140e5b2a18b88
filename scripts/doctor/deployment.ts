/** A deployment as the doctor talks to it: HTTP requests with a time limit, answers parsed by the contract. */
import { z } from 'zod';

/** Milliseconds until an answer must be there: a container may take 28 s to start, and a test of a bucket 60 s. */
const ANSWER_TIMEOUT_MS = 90_000;

/** A reason why the deployment does not work, as a sentence for the operator. */
export class DeploymentProblem extends Error {
  override readonly name = 'DeploymentProblem';
}

export interface Deployment {
  url: string;
  apiKey: string;
}

const ErrorBody = z.object({ error: z.string(), code: z.string().optional(), hint: z.string().optional() });

/** Sends a request without a key; throws a DeploymentProblem when no answer comes. */
export async function request(url: string, init: RequestInit = {}): Promise<Response> {
  try {
    return await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS), ...init });
  } catch (error) {
    throw new DeploymentProblem(`${new URL(url).origin} did not answer: ${reasonOf(error)}.`);
  }
}

/** Calls the API and answers `data` in the given shape; throws a DeploymentProblem for any other answer. */
export async function callApi<Data>(
  { url, apiKey }: Deployment,
  { method, path, body, data }: { method: string; path: string; body?: unknown; data: z.ZodType<Data> },
): Promise<Data> {
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
  const response = await request(`${url}${path}`, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const json: unknown = await response.json().catch(() => null);
  if (!response.ok) throw new DeploymentProblem(refusal(response.status, path, json));
  const parsed = z.object({ success: z.literal(true), data }).safeParse(json);
  if (!parsed.success) throw new DeploymentProblem(`${method} ${path} answered with an unknown shape.`);
  return parsed.data.data;
}

function refusal(status: number, path: string, json: unknown): string {
  if (status === 401) return 'The API key is not accepted. Pass a live key of this deployment with --key.';
  const body = ErrorBody.safeParse(json);
  if (!body.success) return `${path} answered ${status} without an error body: this is not the import API.`;
  const { error, code, hint } = body.data;
  return `${path} answered ${status}${code ? ` ${code}` : ''}: ${error}${hint ? ` ${hint}` : ''}`;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason';
  if (error.name === 'TimeoutError') return `no answer within ${ANSWER_TIMEOUT_MS / 1000} s`;
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message;
}
