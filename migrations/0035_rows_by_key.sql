-- A row of these tables is found by its job, so its key begins with the job. WITHOUT ROWID, the row is in the tree of this key, and each
-- key that is not needed saves a write. Earlier versions of the service look rows up by `id`: until they are replaced, that reads whole tables.
CREATE TABLE `__new_attempts` (
	`job_id` text NOT NULL,
	`attempt` integer NOT NULL,
	`slot` text NOT NULL,
	`claimed_at` integer NOT NULL,
	`accepted_at` integer,
	`resolving_at` integer,
	`downloading_at` integer,
	`merging_at` integer,
	`uploading_at` integer,
	`verifying_at` integer,
	`ended_at` integer,
	`outcome` text,
	`error_code` text,
	`error_detail` text,
	PRIMARY KEY(`job_id`, `attempt`),
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE no action
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `__new_attempts`("job_id", "attempt", "slot", "claimed_at", "accepted_at", "resolving_at", "downloading_at", "merging_at", "uploading_at", "verifying_at", "ended_at", "outcome", "error_code", "error_detail") SELECT "job_id", "attempt", "slot", "claimed_at", "accepted_at", "resolving_at", "downloading_at", "merging_at", "uploading_at", "verifying_at", "ended_at", "outcome", "error_code", "error_detail" FROM `attempts`;--> statement-breakpoint
DROP TABLE `attempts`;--> statement-breakpoint
ALTER TABLE `__new_attempts` RENAME TO `attempts`;--> statement-breakpoint
CREATE TABLE `__new_placements` (
	`id` text NOT NULL,
	`artifact_id` text NOT NULL,
	`job_id` text NOT NULL,
	`attempt` integer NOT NULL,
	`destination_id` text,
	`status` text NOT NULL,
	`kind` text NOT NULL,
	`part_size_bytes` integer NOT NULL,
	`digest` text DEFAULT 'crc32' NOT NULL,
	`bucket` text NOT NULL,
	`key` text NOT NULL,
	`upload_id` text,
	`url` text,
	`etag` text,
	`error_code` text,
	`error_detail` text,
	`created_at` integer NOT NULL,
	`stored_at` integer,
	`expires_at` integer,
	`completing_until` integer,
	`via` text DEFAULT 'relay' NOT NULL,
	`is_secondary` integer DEFAULT false NOT NULL,
	PRIMARY KEY(`job_id`, `attempt`, `id`),
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE no action
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `__new_placements`("id", "artifact_id", "job_id", "attempt", "destination_id", "status", "kind", "part_size_bytes", "digest", "bucket", "key", "upload_id", "url", "etag", "error_code", "error_detail", "created_at", "stored_at", "expires_at", "completing_until", "via", "is_secondary") SELECT "id", "artifact_id", "job_id", "attempt", "destination_id", "status", "kind", "part_size_bytes", "digest", "bucket", "key", "upload_id", "url", "etag", "error_code", "error_detail", "created_at", "stored_at", "expires_at", "completing_until", "via", "is_secondary" FROM `placements`;--> statement-breakpoint
DROP TABLE `placements`;--> statement-breakpoint
ALTER TABLE `__new_placements` RENAME TO `placements`;--> statement-breakpoint
CREATE INDEX `placements_object` ON `placements` (`destination_id`,`bucket`,`key`) WHERE destination_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `placements_unfinished` ON `placements` (`created_at`) WHERE status IN ('open', 'completing');--> statement-breakpoint
CREATE INDEX `placements_retention` ON `placements` (`expires_at`) WHERE status = 'stored' AND expires_at IS NOT NULL;--> statement-breakpoint
CREATE TABLE `__new_artifacts` (
	`id` text NOT NULL,
	`job_id` text NOT NULL,
	`attempt` integer NOT NULL,
	`role` text NOT NULL,
	`title` text NOT NULL,
	`extension` text NOT NULL,
	`content_type` text NOT NULL,
	`size_bytes` integer,
	`crc32` text,
	`sha256` text,
	`facts` text,
	`details` text,
	`created_at` integer NOT NULL,
	`source_id` text,
	`uploader` text,
	PRIMARY KEY(`job_id`, `attempt`, `role`),
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE no action
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `__new_artifacts`("id", "job_id", "attempt", "role", "title", "extension", "content_type", "size_bytes", "crc32", "sha256", "facts", "details", "created_at", "source_id", "uploader") SELECT "id", "job_id", "attempt", "role", "title", "extension", "content_type", "size_bytes", "crc32", "sha256", "facts", "details", "created_at", "source_id", "uploader" FROM `artifacts`;--> statement-breakpoint
DROP TABLE `artifacts`;--> statement-breakpoint
ALTER TABLE `__new_artifacts` RENAME TO `artifacts`;--> statement-breakpoint
CREATE TABLE `__new_events` (
	`id` text NOT NULL,
	`workspace_id` text NOT NULL,
	`job_id` text NOT NULL,
	`type` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`job_id`, `type`),
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE no action
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `__new_events`("id", "workspace_id", "job_id", "type", "created_at") SELECT "id", "workspace_id", "job_id", "type", "created_at" FROM `events`;--> statement-breakpoint
DROP TABLE `events`;--> statement-breakpoint
ALTER TABLE `__new_events` RENAME TO `events`;--> statement-breakpoint
CREATE TABLE `__new_ledger` (
	`id` text NOT NULL,
	`job_id` text NOT NULL,
	`workspace_id` text NOT NULL,
	`status` text NOT NULL,
	`bytes` integer NOT NULL,
	`microdollars` integer NOT NULL,
	`created_at` integer NOT NULL,
	`free_bytes` integer DEFAULT 0 NOT NULL,
	`is_billed` integer DEFAULT false NOT NULL,
	`kind` text,
	`key_id` text,
	`destination` text,
	`host` text,
	`code` text,
	PRIMARY KEY(`workspace_id`, `created_at`, `job_id`),
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE no action
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `__new_ledger`("id", "job_id", "workspace_id", "status", "bytes", "microdollars", "created_at", "free_bytes", "is_billed", "kind", "key_id", "destination", "host", "code") SELECT "id", "job_id", "workspace_id", "status", "bytes", "microdollars", "created_at", "free_bytes", "is_billed", "kind", "key_id", "destination", "host", "code" FROM `ledger`;--> statement-breakpoint
DROP TABLE `ledger`;--> statement-breakpoint
ALTER TABLE `__new_ledger` RENAME TO `ledger`;--> statement-breakpoint
CREATE UNIQUE INDEX `ledger_job` ON `ledger` (`job_id`);
--> statement-breakpoint
-- Dropping a table drops its triggers. These are as before, but find the row by its new key. Each is on one line, as in 0001.
CREATE TRIGGER placements_via AFTER INSERT ON placements WHEN NEW.via = 'relay' AND (NEW.destination_id IS NOT NULL OR NEW.digest = 'sha256') BEGIN UPDATE placements SET via = (CASE WHEN NEW.destination_id IS NOT NULL THEN 's3' ELSE 'direct' END) WHERE job_id = NEW.job_id AND attempt = NEW.attempt AND id = NEW.id; END;
--> statement-breakpoint
CREATE TRIGGER placements_listed AFTER INSERT ON placements WHEN NEW.destination_id IS NOT NULL BEGIN INSERT OR IGNORE INTO import_destinations (destination_id, import_id) SELECT NEW.destination_id, id FROM jobs WHERE id = NEW.job_id AND kind = 'import'; END;
--> statement-breakpoint
CREATE TRIGGER placements_of_deleted AFTER UPDATE OF status ON placements WHEN NEW.status IN ('aborted', 'expired') AND EXISTS (SELECT 1 FROM jobs WHERE id = NEW.job_id AND deleted_at IS NOT NULL) BEGIN DELETE FROM placements WHERE job_id = NEW.job_id AND attempt = NEW.attempt AND id = NEW.id; END;
--> statement-breakpoint
CREATE TRIGGER ledger_summed AFTER INSERT ON ledger WHEN NEW.is_billed BEGIN UPDATE workspaces SET spent_microdollars = spent_microdollars + NEW.microdollars, free_bytes_used = free_bytes_used + NEW.free_bytes WHERE id = NEW.workspace_id; END;
--> statement-breakpoint
CREATE TRIGGER ledger_completed AFTER INSERT ON ledger WHEN NEW.kind IS NULL BEGIN UPDATE ledger SET (kind, host, code) = (SELECT kind, source_host, iif(status = 'failed', error_code, NULL) FROM jobs WHERE id = NEW.job_id) WHERE job_id = NEW.job_id; END;
