/** Vitest setup for end-to-end tests: one stack that many test files use, each with its own workspaces. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import { startStack, type Stack } from './stack.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** For `createTestWorkspace()`. */
    sharedStackUrl: string;
  }
}

export interface SharedStackAnswer {
  apiUrl: string;
  stateDirectory: string;
  output: string;
}

/** Enough for two files at once, so that neither waits for a slot of the other. */
const JOBS_PER_SLOT = '12';

/**
 * Provides a URL that answers with the stack. The first request starts it, since a run of single files may not need it.
 * Vitest calls the returned function after the tests.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  let started: Promise<Stack> | undefined;
  const server = createServer((_, response) => {
    started ??= startStack({ env: { JOBS_PER_SLOT } });
    started.then(
      (stack) => {
        const { apiUrl, stateDirectory } = stack;
        const answer: SharedStackAnswer = { apiUrl, stateDirectory, output: stack.output() };
        response.end(JSON.stringify(answer));
      },
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  project.provide('sharedStackUrl', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return async () => {
    server.close();
    server.closeAllConnections();
    await (await started)?.stop();
  };
}
