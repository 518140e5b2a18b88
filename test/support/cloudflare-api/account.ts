/** What one Cloudflare account of the stand-in holds. */
import type { Database } from './database.ts';

export interface Queue {
  queue_id: string;
  queue_name: string;
  consumers: Consumer[];
}

export interface Consumer {
  consumer_id: string;
  type: string;
  script: string;
  dead_letter_queue?: string | undefined;
  settings: Record<string, unknown>;
}

export interface Bucket {
  name: string;
  /** How many objects are in it: a bucket that is not empty cannot be deleted. */
  objects: number;
  lifecycleRules: unknown[];
}

export interface Binding {
  name: string;
  type: string;
  [field: string]: unknown;
}

export interface Version {
  id: string;
  tag: string | null;
  bindings: Binding[];
  metadata: Record<string, unknown>;
}

export interface Script {
  name: string;
  tag: string;
  versions: Version[];
  schedules: string[];
  workersDev: boolean;
  /** Durable Object classes by name, with the id of their namespace. */
  namespaces: Map<string, string>;
  migrationTag: string | null;
}

export interface Application {
  id: string;
  name: string;
  [field: string]: unknown;
}

export interface Account {
  id: string;
  /** null: none is registered yet. */
  subdomain: string | null;
  databases: Map<string, Database>;
  buckets: Map<string, Bucket>;
  queues: Map<string, Queue>;
  scripts: Map<string, Script>;
  applications: Map<string, Application>;
  /** Hostname to the script that it serves. */
  domains: Map<string, string>;
}

/** An account with nothing in it. */
export function emptyAccount(): Account {
  return {
    id: '0123456789abcdef0123456789abcdef',
    subdomain: 'example-team',
    databases: new Map(),
    buckets: new Map(),
    queues: new Map(),
    scripts: new Map(),
    applications: new Map(),
    domains: new Map(),
  };
}
