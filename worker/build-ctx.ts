/** Builds the context of the Worker from the bindings of the platform. */
import { waitUntil } from 'cloudflare:workers';
import { z } from 'zod';
import { parseConfig, type Config } from './config.ts';
import { createDownloader } from './container/http-downloader.ts';
import { containerTransport, urlTransport } from './container/transport.ts';
import type { Ctx } from './context.ts';
import { connect } from './db/client.ts';
import type { RateCounting } from './contract/rates.ts';
import type { Env } from './env.ts';
import { createWatches } from './watch/watches.ts';
import { markedId } from './ids.ts';
import { consoleLog } from './log.ts';

/** The variables that the operator must correct. Never contains their values, which may be secrets. */
export class BadConfiguration extends Error {
  override readonly name = 'BadConfiguration';
  readonly variables: readonly string[];
  /** What to do about them, where there is more to say. */
  readonly reasons: readonly string[];

  constructor(variables: readonly string[], reasons: readonly string[] = []) {
    super(`missing or not valid: ${variables.join(', ')}`);
    this.variables = variables;
    this.reasons = reasons;
  }
}

/** The bindings of an isolate never change, so its contexts are built once. */
const contexts = new WeakMap<Env, Ctx[]>();

/** The contexts of this isolate, one for each database. Throws BadConfiguration. */
export function buildCtxs(env: Env): Ctx[] {
  const known = contexts.get(env);
  if (known) return known;
  const config = readConfig(env);
  const bindings = databasesOf(env);
  const built: Ctx[] = bindings.map((binding, database) => {
    const share = bindings.length > 1 ? { share: { database, databases: bindings.length } } : {};
    return {
      ...makeCtx(env, { ...config, ...share }),
      db: connect(binding),
      database,
      ofDatabase: (other: number) => built[other] ?? null,
      newId: () => markedId(Date.now(), database),
    };
  });
  contexts.set(env, built);
  return built;
}

/** The context with the first database. */
export function buildCtx(env: Env): Ctx {
  const [first] = buildCtxs(env);
  if (first === undefined) throw new Error('no database is bound');
  return first;
}

/** `DB`, and then `DB_1` and so on without a gap. */
export function databasesOf(env: Env): D1Database[] {
  const others = env as unknown as Record<string, D1Database | undefined>;
  const databases = [env.DB];
  for (let other = others['DB_1']; other !== undefined; other = others[`DB_${databases.length}`])
    databases.push(other);
  return databases;
}

function makeCtx(env: Env, config: Ctx['config']): Omit<Ctx, 'db' | 'database' | 'ofDatabase' | 'newId'> {
  const now = () => Date.now();
  // The platform's fetch throws when it is called as a method of another object.
  const fetcher: typeof fetch = (input, init) => fetch(input, init);
  const transport =
    config.DOWNLOADER_URL === undefined
      ? containerTransport(env.DOWNLOADER, env.PAGE_DOWNLOADER)
      : urlTransport(config.DOWNLOADER_URL, config, fetcher);
  return {
    config,
    media: env.MEDIA,
    doorbell: env.DOORBELL,
    webhooks: env.WEBHOOKS,
    downloader: createDownloader({
      transport,
      privateKey: config.DISPATCH_PRIVATE_KEY,
      now,
      log: consoleLog,
    }),
    // Each stub is used once: it is cheap, and a failed one does not recover.
    rateCounter: (workspaceId) => env.RATE_COUNTER.getByName(workspaceId) as unknown as RateCounting,
    watches: createWatches(env.WATCH),
    fetch: fetcher,
    now,
    random: () => Math.random(),
    log: consoleLog,
    mail: env.MAIL ?? null,
    analytics: env.ANALYTICS ?? null,
    background: waitUntil,
  };
}

function readConfig(env: Env): Config {
  try {
    return parseConfig(env);
  } catch (error) {
    if (error instanceof z.ZodError) throw new BadConfiguration(variablesOf(error), reasonsOf(error));
    throw error;
  }
}

function variablesOf(error: z.ZodError): string[] {
  return [...new Set(error.issues.map(({ path }) => path.join('.')))];
}

/** The sentences of config.ts itself: they hold no values. */
function reasonsOf(error: z.ZodError): string[] {
  const own = error.issues.filter(({ code }) => code === 'custom');
  return own.map(({ path, message }) => `${path.join('.')} ${message}`);
}
