CREATE TABLE `import_words_backfill` (
	`before_id` text PRIMARY KEY NOT NULL
);
--> statement-breakpoint
CREATE TABLE `webhook_hosts` (
	`host` text PRIMARY KEY NOT NULL,
	`is_allowed` integer NOT NULL,
	`checked_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `webhook_hosts_checked` ON `webhook_hosts` (`checked_at`);--> statement-breakpoint
ALTER TABLE `api_keys` ADD `limit_windows` text;--> statement-breakpoint
CREATE INDEX `jobs_unfinished_metadata` ON `jobs` (`workspace_id`) WHERE kind IN ('metadata', 'basic_metadata') AND status IN ('queued', 'processing');--> statement-breakpoint
-- Every id is below it. Imports of today have their words, and writing them again changes nothing.
INSERT INTO import_words_backfill (before_id) SELECT '~' WHERE EXISTS (SELECT 1 FROM jobs WHERE kind = 'import' AND deleted_at IS NULL);
