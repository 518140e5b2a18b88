/** Which of several databases something belongs to. Whoever forges a number finds nothing there. Pure. */
import { databaseOfId } from '../ids.ts';

/** A key or the token of a fleet member: those of the first database have no number. */
const TOKEN = /^Bearer +impf?_(?:([1-9]\d?)_)?[\w-]{43,64} *$/i;
/** Paths that name a job, or the workspace of a file. */
const NAMED = /^\/(?:internal\/jobs|media)\/([^/]+)/;

/** The number of the database that answers a request. */
export function databaseOfRequest({ url, headers }: Request): number {
  const named = NAMED.exec(new URL(url).pathname)?.[1];
  if (named !== undefined) return databaseOfId(named);
  return Number(TOKEN.exec(headers.get('authorization') ?? '')?.[1] ?? 0);
}

/** The number of the database that a message is for: it names it, or something that it has. */
export function databaseOfMessage(body: unknown): number {
  const { database, probe, eventId } = (body ?? {}) as Record<string, unknown>;
  if (typeof database === 'number') return database;
  const id = probe ?? eventId;
  return typeof id === 'string' ? databaseOfId(id) : 0;
}
