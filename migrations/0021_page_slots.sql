DROP INDEX `jobs_queue`;--> statement-breakpoint
ALTER TABLE `jobs` ADD `is_page` integer DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX `jobs_queue` ON `jobs` (`workspace_id`,`is_page`,`run_after`,`id`) WHERE status = 'queued';--> statement-breakpoint
ALTER TABLE `workspaces` ADD `next_page_due_at` integer;--> statement-breakpoint
CREATE INDEX `workspaces_page_claimable` ON `workspaces` (`running`,`next_page_due_at`) WHERE next_page_due_at IS NOT NULL AND running < max_concurrent;--> statement-breakpoint
-- The triggers of 0001, with a second time for pages. Each is on one line, as there.
DROP TRIGGER jobs_counted_on_insert;
--> statement-breakpoint
CREATE TRIGGER jobs_counted_on_insert AFTER INSERT ON jobs BEGIN UPDATE workspaces SET running = running + (NEW.status = 'processing'), queued = queued + (NEW.status = 'queued'), next_due_at = (SELECT run_after FROM jobs WHERE workspace_id = NEW.workspace_id AND status = 'queued' AND is_page = 0 ORDER BY run_after LIMIT 1), next_page_due_at = (SELECT run_after FROM jobs WHERE workspace_id = NEW.workspace_id AND status = 'queued' AND is_page = 1 ORDER BY run_after LIMIT 1) WHERE id = NEW.workspace_id; END;
--> statement-breakpoint
DROP TRIGGER jobs_counted_on_update;
--> statement-breakpoint
CREATE TRIGGER jobs_counted_on_update AFTER UPDATE OF status, run_after, is_page ON jobs WHEN OLD.status <> NEW.status OR OLD.run_after <> NEW.run_after OR OLD.is_page <> NEW.is_page BEGIN UPDATE workspaces SET running = running + (NEW.status = 'processing') - (OLD.status = 'processing'), queued = queued + (NEW.status = 'queued') - (OLD.status = 'queued'), next_due_at = (SELECT run_after FROM jobs WHERE workspace_id = NEW.workspace_id AND status = 'queued' AND is_page = 0 ORDER BY run_after LIMIT 1), next_page_due_at = (SELECT run_after FROM jobs WHERE workspace_id = NEW.workspace_id AND status = 'queued' AND is_page = 1 ORDER BY run_after LIMIT 1) WHERE id = NEW.workspace_id; END;
--> statement-breakpoint
DROP TRIGGER jobs_counted_on_delete;
--> statement-breakpoint
CREATE TRIGGER jobs_counted_on_delete AFTER DELETE ON jobs BEGIN UPDATE workspaces SET running = running - (OLD.status = 'processing'), queued = queued - (OLD.status = 'queued'), next_due_at = (SELECT run_after FROM jobs WHERE workspace_id = OLD.workspace_id AND status = 'queued' AND is_page = 0 ORDER BY run_after LIMIT 1), next_page_due_at = (SELECT run_after FROM jobs WHERE workspace_id = OLD.workspace_id AND status = 'queued' AND is_page = 1 ORDER BY run_after LIMIT 1) WHERE id = OLD.workspace_id; END;
