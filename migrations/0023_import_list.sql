-- A row of these two tables is its primary key alone: WITHOUT ROWID, it is written once instead of twice.
CREATE TABLE `import_destinations` (
	`destination_id` text NOT NULL,
	`import_id` text NOT NULL,
	PRIMARY KEY(`destination_id`, `import_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `import_words` (
	`workspace_id` text NOT NULL,
	`word` text NOT NULL,
	`import_id` text NOT NULL,
	PRIMARY KEY(`workspace_id`, `word`, `import_id`)
) WITHOUT ROWID;
--> statement-breakpoint
DROP INDEX `jobs_list`;--> statement-breakpoint
ALTER TABLE `jobs` ADD `title` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `source_host` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `deleted_at` integer;--> statement-breakpoint
CREATE INDEX `jobs_list_by_status` ON `jobs` (`workspace_id`,`status`,`id`) WHERE kind = 'import' AND deleted_at IS NULL;--> statement-breakpoint
CREATE INDEX `jobs_list_by_host` ON `jobs` (`workspace_id`,`source_host`,`id`) WHERE kind = 'import' AND deleted_at IS NULL;--> statement-breakpoint
CREATE INDEX `jobs_list` ON `jobs` (`workspace_id`,`id`) WHERE kind = 'import' AND deleted_at IS NULL;
--> statement-breakpoint
CREATE TRIGGER placements_listed AFTER INSERT ON placements WHEN NEW.destination_id IS NOT NULL BEGIN INSERT OR IGNORE INTO import_destinations (destination_id, import_id) SELECT NEW.destination_id, id FROM jobs WHERE id = NEW.job_id AND kind = 'import'; END;
--> statement-breakpoint
CREATE TRIGGER transfers_listed AFTER UPDATE OF status ON transfers WHEN NEW.status = 'stored' AND OLD.status <> 'stored' BEGIN INSERT OR IGNORE INTO import_destinations (destination_id, import_id) VALUES (NEW.destination_id, NEW.import_id); END;
--> statement-breakpoint
-- Of a deleted import, an upload keeps its row until nothing is left of it in storage.
CREATE TRIGGER placements_of_deleted AFTER UPDATE OF status ON placements WHEN NEW.status IN ('aborted', 'expired') AND EXISTS (SELECT 1 FROM jobs WHERE id = NEW.job_id AND deleted_at IS NOT NULL) BEGIN DELETE FROM placements WHERE id = NEW.id; END;
--> statement-breakpoint
INSERT OR IGNORE INTO import_destinations (destination_id, import_id) SELECT placements.destination_id, jobs.id FROM placements JOIN jobs ON jobs.id = placements.job_id AND jobs.kind = 'import' WHERE placements.destination_id IS NOT NULL UNION SELECT destination_id, import_id FROM transfers WHERE status = 'stored';
--> statement-breakpoint
UPDATE jobs SET title = (SELECT title FROM artifacts WHERE artifacts.job_id = jobs.id AND artifacts.attempt = jobs.attempt AND artifacts.role = 'media') WHERE status = 'completed';
--> statement-breakpoint
-- URLs have no user name and always a slash behind the host. An IPv6 address is in brackets.
UPDATE jobs SET source_host = (SELECT iif(host LIKE 'www.%', substr(host, 5), host) FROM (SELECT CASE WHEN authority LIKE '[%' THEN substr(authority, 1, instr(authority, ']')) WHEN instr(authority, ':') > 0 THEN substr(authority, 1, instr(authority, ':') - 1) ELSE authority END AS host FROM (SELECT substr(rest, 1, instr(rest, '/') - 1) AS authority FROM (SELECT substr(jobs.request ->> '$.url', instr(jobs.request ->> '$.url', '://') + 3) AS rest)))) WHERE kind = 'import';
