-- The key of a bill is its job alone, so that one key prevents a second bill and finds the bills of a range of days: IDs of jobs tell their time.
-- `is_late` marks bills whose job was made long before its end, and those that earlier versions of the service write.
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
	`is_late` integer DEFAULT true NOT NULL,
	PRIMARY KEY(`workspace_id`, `job_id`)
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `__new_ledger`("id", "job_id", "workspace_id", "status", "bytes", "microdollars", "created_at", "free_bytes", "is_billed", "kind", "key_id", "destination", "host", "code") SELECT "id", "job_id", "workspace_id", "status", "bytes", "microdollars", "created_at", "free_bytes", "is_billed", "kind", "key_id", "destination", "host", "code" FROM `ledger`;--> statement-breakpoint
DROP TABLE `ledger`;--> statement-breakpoint
ALTER TABLE `__new_ledger` RENAME TO `ledger`;--> statement-breakpoint
CREATE INDEX `ledger_late` ON `ledger` (`workspace_id`,`created_at`) WHERE is_late = 1;
--> statement-breakpoint
-- Dropping a table drops its triggers. These are as before, but find the row by its new key. Each is on one line, as in 0001.
CREATE TRIGGER ledger_summed AFTER INSERT ON ledger WHEN NEW.is_billed BEGIN UPDATE workspaces SET spent_microdollars = spent_microdollars + NEW.microdollars, free_bytes_used = free_bytes_used + NEW.free_bytes WHERE id = NEW.workspace_id; END;
--> statement-breakpoint
CREATE TRIGGER ledger_completed AFTER INSERT ON ledger WHEN NEW.kind IS NULL BEGIN UPDATE ledger SET (kind, host, code) = (SELECT kind, source_host, iif(status = 'failed', error_code, NULL) FROM jobs WHERE id = NEW.job_id) WHERE workspace_id = NEW.workspace_id AND job_id = NEW.job_id; END;
--> statement-breakpoint
-- A job belongs to one workspace for ever, so with this trigger the key allows one bill for each job.
CREATE TRIGGER ledger_of_workspace BEFORE INSERT ON ledger WHEN EXISTS (SELECT 1 FROM jobs WHERE id = NEW.job_id AND workspace_id <> NEW.workspace_id) BEGIN SELECT raise(ABORT, 'the job belongs to another workspace'); END;
