CREATE TABLE `batches` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace_id` text NOT NULL,
	`playlist` text,
	`options` text,
	`entries_found` integer,
	`webhook_url` text,
	`retry_of` text,
	`queued` integer DEFAULT 0 NOT NULL,
	`processing` integer DEFAULT 0 NOT NULL,
	`completed` integer DEFAULT 0 NOT NULL,
	`failed` integer DEFAULT 0 NOT NULL,
	`canceled` integer DEFAULT 0 NOT NULL,
	`cancel_requested_at` integer,
	`terminal_id` text,
	`created_at` integer NOT NULL,
	`finished_at` integer,
	FOREIGN KEY (`workspace_id`) REFERENCES `workspaces`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `batches_list` ON `batches` (`workspace_id`,`id`);--> statement-breakpoint
ALTER TABLE `jobs` ADD `batch_id` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `batch_index` integer;--> statement-breakpoint
CREATE INDEX `jobs_queue_single` ON `jobs` (`workspace_id`,`is_page`,`run_after`,`id`) WHERE status = 'queued' AND batch_id IS NULL;--> statement-breakpoint
CREATE INDEX `jobs_batch` ON `jobs` (`batch_id`,`id`) WHERE batch_id IS NOT NULL;
--> statement-breakpoint
-- The counters of a batch follow its items in the statement that moves them. Each trigger is on one line, as in 0001.
CREATE TRIGGER jobs_batched_on_insert AFTER INSERT ON jobs WHEN NEW.batch_id IS NOT NULL BEGIN UPDATE batches SET queued = queued + (NEW.status = 'queued'), processing = processing + (NEW.status = 'processing'), completed = completed + (NEW.status = 'completed'), failed = failed + (NEW.status = 'failed'), canceled = canceled + (NEW.status = 'canceled') WHERE id = NEW.batch_id; END;
--> statement-breakpoint
CREATE TRIGGER jobs_batched_on_update AFTER UPDATE OF status ON jobs WHEN NEW.batch_id IS NOT NULL AND OLD.status <> NEW.status BEGIN UPDATE batches SET queued = queued + (NEW.status = 'queued') - (OLD.status = 'queued'), processing = processing + (NEW.status = 'processing') - (OLD.status = 'processing'), completed = completed + (NEW.status = 'completed') - (OLD.status = 'completed'), failed = failed + (NEW.status = 'failed') - (OLD.status = 'failed'), canceled = canceled + (NEW.status = 'canceled') - (OLD.status = 'canceled') WHERE id = NEW.batch_id; END;
