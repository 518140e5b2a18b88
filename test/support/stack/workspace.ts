/** A new workspace on the shared stack, with its API key and a view of the state that belongs to it. */
import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { randomApiKey } from '../../../worker/auth/keys/api-key.ts';
import { connectApi, type Api } from './api.ts';
import { insertWorkspace } from './insert-workspace.ts';
import { storedKeys } from './local-state.ts';
import type { SharedStackAnswer } from './shared-stack.ts';
import { sweepStack } from './stack.ts';

export interface TestWorkspace {
  id: string;
  api: Api;
  apiKey: string;
  apiUrl: string;
  stateDirectory: string;
  /** Keys of its objects in service storage. */
  storedKeys(): string[];
  /** Runs the scheduled handler of the Worker, for all workspaces. */
  sweep(): Promise<void>;
  /** Everything that the stack has printed. */
  output(): Promise<string>;
}

async function askSharedStack(): Promise<SharedStackAnswer> {
  const answer = await fetch(inject('sharedStackUrl'));
  if (!answer.ok) throw new Error(`the shared stack did not start: ${await answer.text()}`);
  return (await answer.json()) as SharedStackAnswer;
}

/** Creates a workspace. Its state stays until the stack ends after the last test file. */
export async function createTestWorkspace({ maxConcurrent = 4 } = {}): Promise<TestWorkspace> {
  const { apiUrl, stateDirectory } = await askSharedStack();
  const id = randomUUID();
  const apiKey = randomApiKey();
  await insertWorkspace(stateDirectory, { id, apiKey, maxConcurrent });
  return {
    id,
    api: await connectApi(apiUrl, apiKey),
    apiKey,
    apiUrl,
    stateDirectory,
    storedKeys: () => storedKeys(stateDirectory).filter((key) => key.startsWith(`${id}/`)),
    sweep: () => sweepStack(apiUrl),
    output: async () => (await askSharedStack()).output,
  };
}
