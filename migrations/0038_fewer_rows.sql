-- What an import no longer writes: how it reads its source, into the row of its job while it runs; the word `com`; and a second row for its
-- site, which the sweep sums up.
ALTER TABLE `artifacts` ADD `source_way` text;--> statement-breakpoint
ALTER TABLE `artifacts` ADD `source_reason` text;
--> statement-breakpoint
DELETE FROM import_words WHERE word = 'com';
