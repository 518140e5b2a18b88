/** What this machine remembers of one deployment, in a folder that only its owner can read. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson, writePrivate } from '../lib/private-file.ts';
import { stateDirectory } from '../lib/paths.ts';
import { StartProblem } from '../lib/problem.ts';
import type { GivenSettings } from './options.ts';

const Settings = z.strictObject({
  accountId: z.string().nullable().default(null),
  domain: z.string().nullable().default(null),
  image: z.string().nullable().default(null),
  instance: z.string().nullable().default(null),
  pageInstance: z.string().nullable().default(null),
  downloaderUrl: z.string().nullable().default(null),
  analytics: z.string().nullable().default(null),
  mailFrom: z.string().nullable().default(null),
  databases: z.number().int().positive().default(1),
  vars: z.record(z.string(), z.string()).default({}),
});
/** Settings that hold for every later run until a flag changes them. */
export type Settings = z.infer<typeof Settings>;

const Key = z.strictObject({ apiUrl: z.string(), apiKey: z.string() });
const Finished = z.strictObject({ fingerprint: z.string() });
const Secrets = z.record(z.string(), z.string());

export interface DeploymentRecord {
  directory: string;
  /** Where the generated configuration of wrangler goes. */
  configPath: string;
  readSettings(): Settings;
  writeSettings(settings: Settings): void;
  readSecrets(): Record<string, string>;
  writeSecrets(secrets: Record<string, string>): void;
  readKey(): z.infer<typeof Key> | null;
  writeKey(key: z.infer<typeof Key>): void;
  /** The fingerprint of the last upload that ended well. */
  readFinished(): string | null;
  writeFinished(fingerprint: string | null): void;
  /** Removes the folder, after the deployment itself is gone. */
  forget(): void;
}

/** The record of the deployment `name`. */
export function openRecord(env: NodeJS.ProcessEnv, name: string): DeploymentRecord {
  const directory = join(stateDirectory(env), 'deploy', name);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = (file: string) => join(directory, file);
  const write = (file: string, value: unknown) =>
    writePrivate(path(file), `${JSON.stringify(value, null, 2)}\n`);
  return {
    directory,
    configPath: path('wrangler.json'),
    readSettings: () => Settings.parse(read(path('settings.json')) ?? {}),
    writeSettings: (settings) => write('settings.json', settings),
    readSecrets: () => Secrets.parse(read(path('secrets.json')) ?? {}),
    writeSecrets: (secrets) => write('secrets.json', secrets),
    readKey: () => Key.nullable().parse(read(path('key.json'))),
    writeKey: (key) => write('key.json', key),
    readFinished: () => Finished.nullable().parse(read(path('finished.json')))?.fingerprint ?? null,
    writeFinished: (fingerprint) => {
      if (fingerprint === null) rmSync(path('finished.json'), { force: true });
      else write('finished.json', { fingerprint });
    },
    forget: () => rmSync(directory, { recursive: true, force: true }),
  };
}

function read(path: string): unknown {
  try {
    return readJson(path);
  } catch {
    throw new StartProblem(`${path} is not valid JSON; restore it or delete it.`);
  }
}

/** The remembered settings with those of the flags over them. An empty flag forgets the setting. */
export function mergeSettings(remembered: Settings, given: GivenSettings): Settings {
  const pick = (flag: string | undefined, old: string | null) => (flag === undefined ? old : flag || null);
  return {
    accountId: remembered.accountId,
    domain: pick(given.domain, remembered.domain),
    image: pick(given.image, remembered.image),
    instance: pick(given.instance, remembered.instance),
    pageInstance: pick(given.pageInstance, remembered.pageInstance),
    downloaderUrl: pick(given.downloaderUrl, remembered.downloaderUrl),
    analytics: pick(given.analytics, remembered.analytics),
    mailFrom: pick(given.mailFrom, remembered.mailFrom),
    databases: given.databases ?? remembered.databases,
    vars: { ...remembered.vars, ...given.vars },
  };
}
