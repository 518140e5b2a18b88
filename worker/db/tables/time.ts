import { integer } from 'drizzle-orm/sqlite-core';

/** A column that holds a time, in unix milliseconds. */
export const time = (name: string) => integer(name, { mode: 'number' });
