/**
 * Tables by which the list of imports finds those of a word and those of a destination, newest first. Their rows name imports
 * of `jobs` without a foreign key, whose check would read a job for each row.
 */
import { primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** The words in the URL and the title of each import. */
export const importWords = sqliteTable(
  'import_words',
  {
    workspaceId: text('workspace_id').notNull(),
    word: text('word').notNull(),
    importId: text('import_id').notNull(),
  },
  (t) => [primaryKey({ columns: [t.workspaceId, t.word, t.importId] })],
);

/** The destinations to which a file of each import was sent, also later and also in vain. Triggers write the rows. */
export const importDestinations = sqliteTable(
  'import_destinations',
  { destinationId: text('destination_id').notNull(), importId: text('import_id').notNull() },
  (t) => [primaryKey({ columns: [t.destinationId, t.importId] })],
);

/** Which imports may still lack their words: those with an id below this one. Empty when none does. */
export const importWordsBackfill = sqliteTable('import_words_backfill', {
  beforeId: text('before_id').primaryKey(),
});
