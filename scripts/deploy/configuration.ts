/** The configuration of one deployment: wrangler.toml with the names, ids and vars of that deployment in it. */
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { Config } from '../../worker/config.ts';
import { ROOT } from '../lib/paths.ts';
import { StartProblem } from '../lib/problem.ts';
import type { Committed } from '../lib/wrangler-toml.ts';
import type { Names } from './names.ts';
import type { Settings } from './record.ts';

/** The class of the Worker for slots of PAGE_SLOTS. */
export const PAGE_CLASS = 'PageContainer';

export interface ConfigurationInput {
  committed: Committed;
  names: Names;
  settings: Settings;
  accountId: string;
  databaseId: string;
  /** The databases beside the first one, in their order. */
  moreDatabases?: readonly { name: string; databaseId: string }[];
  publicUrl: string;
  /** Where the configuration is written: paths in it are relative to it. */
  path: string;
}

/** The vars of a deployment; throws a StartProblem for one that the Worker would refuse. */
export function deployedVars(input: Pick<ConfigurationInput, 'committed' | 'settings' | 'publicUrl'>) {
  const { committed, settings, publicUrl } = input;
  const vars = {
    ...committed.vars,
    ...settings.vars,
    PUBLIC_URL: publicUrl,
    ...(settings.downloaderUrl !== null && { DOWNLOADER_URL: settings.downloaderUrl }),
    ...(settings.mailFrom !== null && { MAIL_FROM: settings.mailFrom }),
  };
  const unknown = Object.keys(vars).filter((name) => !(name in Config.shape));
  if (unknown.length > 0)
    throw new StartProblem(`The Worker knows no variable ${unknown.join(', ')}; correct --var.`);
  for (const [name, value] of Object.entries(vars)) {
    const parsed = Config.shape[name as keyof typeof Config.shape].safeParse(value);
    if (!parsed.success) throw new StartProblem(`${name} is not valid: ${z.prettifyError(parsed.error)}`);
  }
  return vars;
}

/** What is written for wrangler. */
export function makeConfiguration(input: ConfigurationInput): object {
  const { committed, names, settings } = input;
  const fromHere = (path: string) => relative(dirname(input.path), join(ROOT, path));
  const { containers: _, ...shared } = committed;
  const queueNames = queueNamesOf(committed, names);
  const [database] = committed.d1_databases;
  const vars = deployedVars(input);
  return {
    ...shared,
    name: names.worker,
    account_id: input.accountId,
    main: fromHere(committed.main),
    workers_dev: settings.domain === null,
    preview_urls: false,
    ...(settings.domain !== null && { routes: [{ pattern: settings.domain, custom_domain: true }] }),
    vars,
    d1_databases: [
      { name: names.database, databaseId: input.databaseId },
      ...(input.moreDatabases ?? []),
    ].map(({ name, databaseId }, number) => ({
      ...database,
      ...(number > 0 && { binding: bindingOf(number) }),
      database_name: name,
      database_id: databaseId,
      migrations_dir: fromHere(database.migrations_dir),
    })),
    r2_buckets: [{ ...committed.r2_buckets[0], bucket_name: names.bucket }],
    queues: {
      producers: committed.queues.producers.map((producer) => ({
        ...producer,
        queue: queueNames(producer.queue),
      })),
      consumers: committed.queues.consumers.map((consumer) => ({
        ...consumer,
        queue: queueNames(consumer.queue),
        ...(consumer.dead_letter_queue && { dead_letter_queue: queueNames(consumer.dead_letter_queue) }),
      })),
    },
    ...(settings.analytics !== null && {
      analytics_engine_datasets: [{ binding: 'ANALYTICS', dataset: settings.analytics }],
    }),
    ...(settings.mailFrom !== null && { send_email: [{ name: 'MAIL' }] }),
    ...(settings.downloaderUrl === null && { containers: containersOf(input, vars, fromHere) }),
  };
}

/** The binding of a database: the Worker counts them without a gap. */
export function bindingOf(number: number): string {
  return number === 0 ? 'DB' : `DB_${number}`;
}

/** The names of wrangler.toml as those of this deployment: both begin with the name of their Worker. */
function queueNamesOf(committed: Committed, names: Names): (queue: string) => string {
  return (queue) => names.worker + queue.slice(committed.name.length);
}

/**
 * A container for each kind of slot that there is. Each slot has an instance: a slot beyond them would get no answer. The image is
 * built here, or one that is pushed already.
 */
function containersOf(
  { committed, names, settings }: ConfigurationInput,
  vars: Record<string, string>,
  fromHere: (path: string) => string,
): object[] {
  const [{ image, image_build_context: context, ...container }] = committed.containers;
  const source =
    settings.image === null
      ? { image: fromHere(image), image_build_context: fromHere(context) }
      : { image: settings.image };
  const kinds = [
    { name: names.downloader, slots: slotsOf(vars, 'DOWNLOADER_SLOTS'), instance: settings.instance },
    {
      name: names.pageDownloader,
      slots: slotsOf(vars, 'PAGE_SLOTS'),
      instance: settings.pageInstance,
      class_name: PAGE_CLASS,
    },
  ];
  return kinds
    .filter(({ slots }) => slots > 0)
    .map(({ slots, instance, ...kind }) => ({
      ...container,
      ...source,
      ...kind,
      max_instances: slots,
      ...(instance !== null && { instance_type: instance }),
    }));
}

/** The number of downloaders of one kind that the Worker addresses. */
export function slotsOf(vars: Record<string, string>, name: 'DOWNLOADER_SLOTS' | 'PAGE_SLOTS'): number {
  return Config.shape[name].parse(vars[name]);
}
