CREATE TABLE `credits` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace_id` text NOT NULL,
	`microdollars` integer NOT NULL,
	`note` text DEFAULT '' NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`workspace_id`) REFERENCES `workspaces`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `credits_workspace` ON `credits` (`workspace_id`,`created_at`);--> statement-breakpoint
ALTER TABLE `jobs` ADD `created_by` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `held_bytes` integer;--> statement-breakpoint
ALTER TABLE `ledger` ADD `free_bytes` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `ledger` ADD `is_billed` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `ledger` ADD `kind` text;--> statement-breakpoint
ALTER TABLE `ledger` ADD `key_id` text;--> statement-breakpoint
ALTER TABLE `ledger` ADD `destination` text;--> statement-breakpoint
ALTER TABLE `ledger` ADD `host` text;--> statement-breakpoint
ALTER TABLE `ledger` ADD `code` text;--> statement-breakpoint
ALTER TABLE `workspaces` ADD `credited_microdollars` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `workspaces` ADD `spent_microdollars` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `workspaces` ADD `free_bytes_used` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
-- The sums of a workspace follow its rows, so that a new job compares its balance without reading the ledger.
CREATE TRIGGER ledger_summed AFTER INSERT ON ledger WHEN NEW.is_billed BEGIN UPDATE workspaces SET spent_microdollars = spent_microdollars + NEW.microdollars, free_bytes_used = free_bytes_used + NEW.free_bytes WHERE id = NEW.workspace_id; END;
--> statement-breakpoint
CREATE TRIGGER credits_summed AFTER INSERT ON credits BEGIN UPDATE workspaces SET credited_microdollars = credited_microdollars + NEW.microdollars WHERE id = NEW.workspace_id; END;
--> statement-breakpoint
CREATE TRIGGER credits_not_updated BEFORE UPDATE ON credits BEGIN SELECT raise(ABORT, 'add a row with the difference'); END;
--> statement-breakpoint
CREATE TRIGGER credits_not_deleted BEFORE DELETE ON credits BEGIN SELECT raise(ABORT, 'add a row with the difference'); END;
--> statement-breakpoint
-- Earlier versions of the service do not write these columns.
CREATE TRIGGER ledger_completed AFTER INSERT ON ledger WHEN NEW.kind IS NULL BEGIN UPDATE ledger SET (kind, host, code) = (SELECT kind, source_host, iif(status = 'failed', error_code, NULL) FROM jobs WHERE id = NEW.job_id) WHERE id = NEW.id; END;
--> statement-breakpoint
UPDATE ledger SET (kind, host, code) = (SELECT kind, source_host, iif(status = 'failed', error_code, NULL) FROM jobs WHERE id = ledger.job_id);
