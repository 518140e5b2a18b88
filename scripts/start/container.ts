/** Prepares `wrangler dev` to run the downloader in its container instead of as a process. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { PAGE_CLASS, slotsOf } from '../deploy/configuration.ts';
import { findEngine } from '../lib/engine.ts';
import { ROOT } from '../lib/paths.ts';
import { writePrivate } from '../lib/private-file.ts';
import { StartProblem } from '../lib/problem.ts';
import { readCommitted } from '../lib/wrangler-toml.ts';
import type { WorkerBindings } from './environment.ts';

/** Variables that tell wrangler which engine it uses. */
export type EngineVariables = Record<string, string>;

/** Throws a StartProblem if no engine answers, or if the environment also names another downloader. */
export function requireContainer(env: NodeJS.ProcessEnv): EngineVariables {
  if (env.DOWNLOADER_URL)
    throw new StartProblem('With --container, the downloader runs in a container: unset DOWNLOADER_URL.');
  const engine = findEngine(env);
  if ('command' in engine) return { WRANGLER_DOCKER_BIN: engine.command, ...socketOf(engine.command, env) };
  throw new StartProblem(
    `No container engine answers (${engine.reasons}). Start Docker or Podman, or omit --container to run the downloader as a process.`,
  );
}

/** wrangler asks Docker for its socket. Podman has to be asked here, and offers a socket only while its service runs. */
function socketOf(command: string, env: NodeJS.ProcessEnv): EngineVariables {
  if (env.DOCKER_HOST || !command.endsWith('podman')) return {};
  const format = '{{.Host.RemoteSocket.Path}}';
  const asked = spawnSync(command, ['info', '--format', format], { env, encoding: 'utf8' });
  const path = asked.stdout.trim().replace(/^unix:\/\//, '');
  if (existsSync(path)) return { DOCKER_HOST: `unix://${path}` };
  throw new StartProblem(
    `Podman does not listen at ${path}. Run \`systemctl --user start podman.socket\` or \`podman system service --time 0\`, and start again.`,
  );
}

/**
 * Writes wrangler.toml with containers switched on into the state directory and returns its path. The flag
 * --enable-containers is not enough: with it, wrangler ignores DOCKER_HOST.
 */
export function writeContainerConfig(stateDirectory: string, vars: WorkerBindings = {}): string {
  const path = join(stateDirectory, 'wrangler.json');
  const fromHere = (file: string) => relative(stateDirectory, join(ROOT, file));
  const committed = readCommitted();
  const configuration = {
    ...committed,
    main: fromHere(committed.main),
    d1_databases: committed.d1_databases.map((database) => ({
      ...database,
      migrations_dir: fromHere(database.migrations_dir),
    })),
    containers: kindsOf(vars).flatMap((kind) =>
      committed.containers.map((container) => ({
        ...container,
        ...kind,
        image: fromHere(container.image),
        image_build_context: fromHere(container.image_build_context),
      })),
    ),
    dev: { enable_containers: true },
  };
  writePrivate(path, `${JSON.stringify(configuration, null, 2)}\n`);
  return path;
}

/** Pages have a container of their own with PAGE_SLOTS. */
function kindsOf(vars: WorkerBindings): object[] {
  const files = { max_instances: slotsOf(vars, 'DOWNLOADER_SLOTS') };
  const pages = { max_instances: slotsOf(vars, 'PAGE_SLOTS'), class_name: PAGE_CLASS };
  return pages.max_instances > 0 ? [files, pages] : [files];
}
