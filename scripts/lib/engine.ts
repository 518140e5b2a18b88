/** Finds the container engine that builds and runs the image of the downloader. */
import { spawnSync } from 'node:child_process';

/** A running engine answers in less than a second. */
const TIMEOUT_MS = 20_000;

export type EngineSearch = { command: string } | { reasons: string };

/** Returns the command of an engine that answers, or why none of them does. */
export function findEngine(env: NodeJS.ProcessEnv): EngineSearch {
  const candidates = env.WRANGLER_DOCKER_BIN ? [env.WRANGLER_DOCKER_BIN] : ['docker', 'podman'];
  const reasons: string[] = [];
  for (const command of candidates) {
    const reason = whyNot(command, env);
    if (reason === null) return { command };
    reasons.push(`${command}: ${reason}`);
  }
  return { reasons: reasons.join('; ') };
}

function whyNot(command: string, env: NodeJS.ProcessEnv): string | null {
  const asked = spawnSync(command, ['info'], { env, encoding: 'utf8', timeout: TIMEOUT_MS });
  if (asked.error)
    return 'code' in asked.error && asked.error.code === 'ENOENT' ? 'not installed' : asked.error.message;
  if (asked.status === 0) return null;
  return asked.stderr.trim().split('\n').at(-1) || `exit code ${asked.status}`;
}
