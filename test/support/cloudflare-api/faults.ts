/** Faults on purpose: every kind of changing call fails once, before it is carried out or after. */
import type { Call } from './call.ts';

/** `before`: refused, nothing happens. `after`: carried out, and the answer is an error all the same. */
export type FaultKind = 'before' | 'after';

/** Migrations are one kind; other SQL goes by its first words. */
function subjectOf(json: unknown): string {
  const { name, queue_name: queue, sql } = (json ?? {}) as Record<string, unknown>;
  if (typeof sql === 'string')
    return sql.includes('INTO "d1_migrations"') ? 'a migration' : sql.trim().slice(0, 40);
  const subject = name ?? queue;
  return typeof subject === 'string' ? subject : '';
}

/** Names a kind of call: ids of an earlier run do not change it. */
export function signatureOf(call: Pick<Call, 'method' | 'path' | 'json'>): string {
  const path = call.path.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}/g, '*');
  return `${call.method} ${path} ${subjectOf(call.json)}`.trim();
}

/** Questions change nothing: an error on one is the same as an error before the next change. */
export function isChange(call: Pick<Call, 'method' | 'json'>): boolean {
  const sql = (call.json as { sql?: unknown } | null | undefined)?.sql;
  return call.method !== 'GET' && !(typeof sql === 'string' && /^\s*SELECT/i.test(sql));
}

/**
 * One fault a run: the first kind of change that has not failed in that way yet, and then that kind for the whole run,
 * so that a client that tries again is refused again.
 */
export class FaultsInTurn {
  readonly #done = new Set<string>();
  #current: string | null = null;
  #executed = false;
  readonly kind: FaultKind;
  constructor(kind: FaultKind) {
    this.kind = kind;
  }

  /** Forgets which call fails; the next new one does. */
  beginRun(): void {
    this.#current = null;
    this.#executed = false;
  }

  /** What failed in this run; null: everything has had its turn. */
  get failed(): string | null {
    return this.#current;
  }

  /** Whether this call fails, and whether it is carried out first. */
  next(call: Call): { fails: boolean; executes: boolean } {
    const signature = signatureOf(call);
    if (!isChange(call)) return { fails: false, executes: true };
    if (this.#current === null && !this.#done.has(signature)) {
      this.#current = signature;
      this.#done.add(signature);
    }
    if (this.#current !== signature) return { fails: false, executes: true };
    const executes = this.kind === 'after' && !this.#executed;
    this.#executed = true;
    return { fails: true, executes };
  }
}
