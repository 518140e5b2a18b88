/** D1: create, look up by name, query, time travel, delete. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Account } from '../account.ts';
import { ApiRefusal, route, segment, type Call, type Route } from '../call.ts';
import { Database } from '../database.ts';
import { parseBody } from '../parse-body.ts';

const Create = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-_]*$/),
  primary_location_hint: z.string().optional(),
});
const Query = z.strictObject({
  sql: z.string(),
  params: z.array(z.union([z.string(), z.number(), z.null()])).optional(),
});

const describe = (database: Database) => ({
  uuid: database.uuid,
  name: database.name,
  version: 'production',
  created_at: '2026-11-01T00:00:00.000Z',
});

export function d1Routes(account: Account): Route[] {
  const base = `/accounts/${account.id}/d1/database`;
  const find = (call: Call): Database => {
    const id = segment(call, 0);
    const found = [...account.databases.values()].find(({ uuid, name }) => uuid === id || name === id);
    if (found === undefined) throw new ApiRefusal(404, 7404, `The database ${id} could not be found`);
    return found;
  };
  return [
    route('POST', base, (call) => {
      const { name } = parseBody(call, Create);
      if (account.databases.has(name))
        throw new ApiRefusal(400, 7502, 'A database with that name already exists');
      const database = new Database(randomUUID(), name);
      account.databases.set(name, database);
      return { result: describe(database) };
    }),
    route('GET', base, (call) => {
      const name = call.query.get('name');
      const all = [...account.databases.values()].filter(
        (database) => name === null || database.name === name,
      );
      return {
        result: all.map(describe),
        resultInfo: { page: 1, per_page: 100, count: all.length, total_count: all.length },
      };
    }),
    route('GET', `${base}/{}`, (call) => ({ result: describe(find(call)) })),
    route('POST', `${base}/{}/query`, (call) => {
      const { sql, params } = parseBody(call, Query);
      return { result: find(call).query(sql, params ?? []) };
    }),
    route('GET', `${base}/{}/time_travel/bookmark`, (call) => ({
      result: { bookmark: find(call).bookmark(call.query.get('timestamp')) },
    })),
    route('POST', `${base}/{}/time_travel/restore`, (call) => {
      const database = find(call);
      const previous = database.bookmark(null);
      const bookmark = call.query.get('bookmark') ?? '';
      database.restore(bookmark);
      return { result: { bookmark, previous_bookmark: previous, message: 'restored' } };
    }),
    route('DELETE', `${base}/{}`, (call) => {
      account.databases.delete(find(call).name);
      return { result: null };
    }),
  ];
}
