/** The configuration of a local stack: generated values, overridden by variables of worker/config.ts in the environment. */
import { z } from 'zod';
import { Config, parseConfig } from '../../worker/config.ts';
import { LOOPBACK } from '../lib/ports.ts';
import { StartProblem } from '../lib/problem.ts';
import type { Secrets } from '../lib/secrets.ts';

/** The string bindings of the Worker, by name. */
export type WorkerBindings = Record<string, string>;

function fromEnvironment(env: NodeJS.ProcessEnv): WorkerBindings {
  const names = Object.keys(Config.shape);
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = env[name]?.trim();
      return value ? [[name, value]] : [];
    }),
  );
}

/** Returns the Worker's variables and secrets. Throws a StartProblem that names every invalid variable, but not its value. */
export function workerBindings(input: {
  env: NodeJS.ProcessEnv;
  secrets: Secrets;
  port: number;
  /** Null: the downloader runs in the container of the Worker. */
  downloaderUrl: string | null;
}): WorkerBindings {
  const bindings = {
    PUBLIC_URL: `http://${LOOPBACK}:${input.port}`,
    ...(input.downloaderUrl === null ? { LOCAL_CONTAINER: 'on' } : { DOWNLOADER_URL: input.downloaderUrl }),
    ATTEMPT_TOKEN_KEY: input.secrets.ATTEMPT_TOKEN_KEY,
    AUTH_SECRET: input.secrets.AUTH_SECRET,
    CREDENTIAL_KEYS: input.secrets.CREDENTIAL_KEYS,
    DISPATCH_PRIVATE_KEY: input.secrets.DISPATCH_PRIVATE_KEY,
    ...fromEnvironment(input.env),
  };
  try {
    parseConfig(bindings);
    return bindings;
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    throw new StartProblem(`The configuration is not valid:\n${describeIssues(error)}`);
  }
}

function describeIssues(error: z.ZodError): string {
  return error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`).join('\n');
}
