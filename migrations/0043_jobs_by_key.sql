-- A job is found by its ID. WITHOUT ROWID, its row is in the tree of this key, which saves a write and a look. Other tables refer to jobs, so the rows
-- return to a table of the same name before their references are checked, at the end of this transaction. 100,000 jobs take 6 s.
PRAGMA defer_foreign_keys = ON;
--> statement-breakpoint
CREATE TABLE `old_jobs` AS SELECT * FROM `jobs`;
--> statement-breakpoint
DROP TABLE `jobs`;
--> statement-breakpoint
CREATE TABLE `jobs` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace_id` text NOT NULL,
	`kind` text NOT NULL,
	`status` text NOT NULL,
	`stage` text,
	`request` text NOT NULL,
	`retry_of` text,
	`attempt` integer DEFAULT 0 NOT NULL,
	`failures` integer DEFAULT 0 NOT NULL,
	`slot` text,
	`run_after` integer NOT NULL,
	`lease_until` integer,
	`cancel_requested_at` integer,
	`bytes_done` integer DEFAULT 0 NOT NULL,
	`bytes_total` integer,
	`source_way` text,
	`source_reason` text,
	`warnings` text,
	`error_code` text,
	`error_detail` text,
	`cost_microdollars` integer,
	`terminal_id` text,
	`created_at` integer NOT NULL,
	`started_at` integer,
	`finished_at` integer,
	`store_of` text,
	`keeps_out_of_service` integer DEFAULT false NOT NULL,
	`source_one_connection` integer DEFAULT false NOT NULL,
	`crashes` integer DEFAULT 0 NOT NULL,
	`alone_after` integer,
	`is_page` integer DEFAULT false NOT NULL,
	`title` text,
	`source_host` text,
	`deleted_at` integer,
	`metadata` text,
	`created_by` text,
	`held_bytes` integer,
	`batch_id` text,
	`batch_index` integer,
	`progress_at` integer,
	`read_at` integer,
	`waited_until` integer,
	`claimed_at` integer,
	`accepted_at` integer,
	`resolving_at` integer,
	`downloading_at` integer,
	`merging_at` integer,
	`uploading_at` integer,
	`verifying_at` integer,
	`completed_in` text,
	FOREIGN KEY (`workspace_id`) REFERENCES `workspaces`(`id`) ON UPDATE no action ON DELETE no action
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `jobs` (`id`, `workspace_id`, `kind`, `status`, `stage`, `request`, `retry_of`, `attempt`, `failures`, `slot`, `run_after`, `lease_until`, `cancel_requested_at`, `bytes_done`, `bytes_total`, `source_way`, `source_reason`, `warnings`, `error_code`, `error_detail`, `cost_microdollars`, `terminal_id`, `created_at`, `started_at`, `finished_at`, `store_of`, `keeps_out_of_service`, `source_one_connection`, `crashes`, `alone_after`, `is_page`, `title`, `source_host`, `deleted_at`, `metadata`, `created_by`, `held_bytes`, `batch_id`, `batch_index`, `progress_at`, `read_at`, `waited_until`, `claimed_at`, `accepted_at`, `resolving_at`, `downloading_at`, `merging_at`, `uploading_at`, `verifying_at`, `completed_in`) SELECT `id`, `workspace_id`, `kind`, `status`, `stage`, `request`, `retry_of`, `attempt`, `failures`, `slot`, `run_after`, `lease_until`, `cancel_requested_at`, `bytes_done`, `bytes_total`, `source_way`, `source_reason`, `warnings`, `error_code`, `error_detail`, `cost_microdollars`, `terminal_id`, `created_at`, `started_at`, `finished_at`, `store_of`, `keeps_out_of_service`, `source_one_connection`, `crashes`, `alone_after`, `is_page`, `title`, `source_host`, `deleted_at`, `metadata`, `created_by`, `held_bytes`, `batch_id`, `batch_index`, `progress_at`, `read_at`, `waited_until`, `claimed_at`, `accepted_at`, `resolving_at`, `downloading_at`, `merging_at`, `uploading_at`, `verifying_at`, `completed_in` FROM `old_jobs`;
--> statement-breakpoint
DROP TABLE `old_jobs`;
--> statement-breakpoint
CREATE INDEX `jobs_alone` ON `jobs` (`alone_after`) WHERE status = 'queued' AND alone_after IS NOT NULL;
--> statement-breakpoint
CREATE INDEX `jobs_batch` ON `jobs` (`batch_id`,`id`) WHERE batch_id IS NOT NULL;
--> statement-breakpoint
CREATE INDEX `jobs_list_by_host` ON `jobs` (`workspace_id`,`source_host`,`id`) WHERE kind = 'import' AND deleted_at IS NULL;
--> statement-breakpoint
CREATE INDEX `jobs_list_by_status` ON `jobs` (`workspace_id`,`status`,`id`) WHERE kind = 'import' AND deleted_at IS NULL;
--> statement-breakpoint
CREATE INDEX `jobs_queue` ON `jobs` (`workspace_id`,`is_page`,(batch_id IS NULL),`run_after`,`id`) WHERE status = 'queued';
--> statement-breakpoint
CREATE INDEX `jobs_slots` ON `jobs` (`slot`) WHERE status = 'processing';
--> statement-breakpoint
CREATE INDEX `jobs_store_of` ON `jobs` (`store_of`) WHERE store_of IS NOT NULL;
--> statement-breakpoint
CREATE INDEX `jobs_unfinished_metadata` ON `jobs` (`workspace_id`) WHERE kind IN ('metadata', 'basic_metadata') AND status IN ('queued', 'processing');
--> statement-breakpoint
-- Dropping a table drops its triggers. These are as before, each on one line, as in 0001.
CREATE TRIGGER jobs_batched_on_insert AFTER INSERT ON jobs WHEN NEW.batch_id IS NOT NULL BEGIN UPDATE batches SET queued = queued + (NEW.status = 'queued'), processing = processing + (NEW.status = 'processing'), completed = completed + (NEW.status = 'completed'), failed = failed + (NEW.status = 'failed'), canceled = canceled + (NEW.status = 'canceled') WHERE id = NEW.batch_id; END;
--> statement-breakpoint
CREATE TRIGGER jobs_batched_on_update AFTER UPDATE OF status ON jobs WHEN NEW.batch_id IS NOT NULL AND OLD.status <> NEW.status BEGIN UPDATE batches SET queued = queued + (NEW.status = 'queued') - (OLD.status = 'queued'), processing = processing + (NEW.status = 'processing') - (OLD.status = 'processing'), completed = completed + (NEW.status = 'completed') - (OLD.status = 'completed'), failed = failed + (NEW.status = 'failed') - (OLD.status = 'failed'), canceled = canceled + (NEW.status = 'canceled') - (OLD.status = 'canceled') WHERE id = NEW.batch_id; END;
--> statement-breakpoint
CREATE TRIGGER jobs_counted_on_delete AFTER DELETE ON jobs WHEN OLD.status IN ('queued', 'processing') BEGIN UPDATE workspaces SET running = running - (OLD.status = 'processing'), queued = queued - (OLD.status = 'queued'), next_due_at = (SELECT min(run_after) FROM (SELECT * FROM (SELECT run_after FROM jobs WHERE workspace_id = OLD.workspace_id AND status = 'queued' AND is_page = 0 AND (batch_id IS NULL) = 1 ORDER BY run_after LIMIT 1) UNION ALL SELECT * FROM (SELECT run_after FROM jobs WHERE workspace_id = OLD.workspace_id AND status = 'queued' AND is_page = 0 AND (batch_id IS NULL) = 0 ORDER BY run_after LIMIT 1))), next_page_due_at = (SELECT min(run_after) FROM (SELECT * FROM (SELECT run_after FROM jobs WHERE workspace_id = OLD.workspace_id AND status = 'queued' AND is_page = 1 AND (batch_id IS NULL) = 1 ORDER BY run_after LIMIT 1) UNION ALL SELECT * FROM (SELECT run_after FROM jobs WHERE workspace_id = OLD.workspace_id AND status = 'queued' AND is_page = 1 AND (batch_id IS NULL) = 0 ORDER BY run_after LIMIT 1))) WHERE id = OLD.workspace_id; END;
--> statement-breakpoint
CREATE TRIGGER jobs_counted_on_insert AFTER INSERT ON jobs BEGIN UPDATE workspaces SET running = running + (NEW.status = 'processing'), queued = queued + (NEW.status = 'queued'), next_due_at = (SELECT min(run_after) FROM (SELECT * FROM (SELECT run_after FROM jobs WHERE workspace_id = NEW.workspace_id AND status = 'queued' AND is_page = 0 AND (batch_id IS NULL) = 1 ORDER BY run_after LIMIT 1) UNION ALL SELECT * FROM (SELECT run_after FROM jobs WHERE workspace_id = NEW.workspace_id AND status = 'queued' AND is_page = 0 AND (batch_id IS NULL) = 0 ORDER BY run_after LIMIT 1))), next_page_due_at = (SELECT min(run_after) FROM (SELECT * FROM (SELECT run_after FROM jobs WHERE workspace_id = NEW.workspace_id AND status = 'queued' AND is_page = 1 AND (batch_id IS NULL) = 1 ORDER BY run_after LIMIT 1) UNION ALL SELECT * FROM (SELECT run_after FROM jobs WHERE workspace_id = NEW.workspace_id AND status = 'queued' AND is_page = 1 AND (batch_id IS NULL) = 0 ORDER BY run_after LIMIT 1))) WHERE id = NEW.workspace_id; END;
--> statement-breakpoint
CREATE TRIGGER jobs_counted_on_update AFTER UPDATE OF status, run_after, is_page ON jobs WHEN OLD.status <> NEW.status OR OLD.run_after <> NEW.run_after OR OLD.is_page <> NEW.is_page BEGIN UPDATE workspaces SET running = running + (NEW.status = 'processing') - (OLD.status = 'processing'), queued = queued + (NEW.status = 'queued') - (OLD.status = 'queued'), next_due_at = (SELECT min(run_after) FROM (SELECT * FROM (SELECT run_after FROM jobs WHERE workspace_id = NEW.workspace_id AND status = 'queued' AND is_page = 0 AND (batch_id IS NULL) = 1 ORDER BY run_after LIMIT 1) UNION ALL SELECT * FROM (SELECT run_after FROM jobs WHERE workspace_id = NEW.workspace_id AND status = 'queued' AND is_page = 0 AND (batch_id IS NULL) = 0 ORDER BY run_after LIMIT 1))), next_page_due_at = (SELECT min(run_after) FROM (SELECT * FROM (SELECT run_after FROM jobs WHERE workspace_id = NEW.workspace_id AND status = 'queued' AND is_page = 1 AND (batch_id IS NULL) = 1 ORDER BY run_after LIMIT 1) UNION ALL SELECT * FROM (SELECT run_after FROM jobs WHERE workspace_id = NEW.workspace_id AND status = 'queued' AND is_page = 1 AND (batch_id IS NULL) = 0 ORDER BY run_after LIMIT 1))) WHERE id = NEW.workspace_id; END;
--> statement-breakpoint
CREATE TRIGGER jobs_leave_uploads AFTER UPDATE OF status, attempt ON jobs WHEN OLD.status = 'processing' AND (NEW.status <> 'processing' OR NEW.attempt <> OLD.attempt) BEGIN UPDATE placements SET is_left = 1 WHERE job_id = OLD.id AND attempt = OLD.attempt AND status IN ('open', 'completing') AND is_left = 0; END;
--> statement-breakpoint
CREATE TRIGGER jobs_open_slot AFTER UPDATE OF status ON jobs WHEN OLD.status = 'processing' AND NEW.status <> 'processing' AND (OLD.slot GLOB 'slot-[0-9]*' OR OLD.slot GLOB 'page-[0-9]*') BEGIN UPDATE slot_rooms SET has_room = 1, has_extra = 1 WHERE is_page = (OLD.slot GLOB 'page-*') AND number = CAST(substr(OLD.slot, 6) AS INTEGER) AND NOT (has_room AND has_extra); END;
