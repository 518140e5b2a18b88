/** The container engine that builds the downloader's image. */
import { spawnSync } from 'node:child_process';
import { StartProblem } from '../lib/problem.ts';

/** Asking a running engine takes less than a second. */
const TIMEOUT_MS = 20_000;

/** The command of an engine that answers; throws a StartProblem that says what else can be done. */
export function requireEngine(env: NodeJS.ProcessEnv): string {
  const candidates = env.WRANGLER_DOCKER_BIN ? [env.WRANGLER_DOCKER_BIN] : ['docker', 'podman'];
  const reasons: string[] = [];
  for (const command of candidates) {
    const reason = whyNot(command, env);
    if (reason === null) return command;
    reasons.push(`${command}: ${reason}`);
  }
  throw new StartProblem(
    `No container engine answers (${reasons.join('; ')}), and the image of the downloader must be built. Start Docker or Podman, or name an ` +
      'image that is pushed already with --image REFERENCE, or a downloader that runs elsewhere with --downloader-url URL.',
  );
}

function whyNot(command: string, env: NodeJS.ProcessEnv): string | null {
  const asked = spawnSync(command, ['info'], { env, encoding: 'utf8', timeout: TIMEOUT_MS });
  if (asked.error)
    return 'code' in asked.error && asked.error.code === 'ENOENT' ? 'not installed' : asked.error.message;
  if (asked.status === 0) return null;
  return asked.stderr.trim().split('\n').at(-1) || `exit code ${asked.status}`;
}
