-- Indexes in which an import was written although its row left them soon after, or that another index can replace. Until earlier versions
-- of the service are replaced, their claims sort the queue of a workspace, and their sweeps read all placements.
DROP INDEX `placements_unfinished`;--> statement-breakpoint
ALTER TABLE `placements` ADD `is_left` integer DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX `placements_left` ON `placements` (`created_at`) WHERE is_left = 1 AND status IN ('open', 'completing');--> statement-breakpoint
DROP INDEX `jobs_queue_single`;--> statement-breakpoint
DROP INDEX `jobs_queue`;--> statement-breakpoint
CREATE INDEX `jobs_queue` ON `jobs` (`workspace_id`,`is_page`,(batch_id IS NULL),`run_after`,`id`) WHERE status = 'queued';
--> statement-breakpoint
-- The triggers of 0021, each on one line, as in 0001. The next job is the first single one or the first item of a batch.
DROP TRIGGER jobs_counted_on_insert;
--> statement-breakpoint
CREATE TRIGGER jobs_counted_on_insert AFTER INSERT ON jobs BEGIN UPDATE workspaces SET running = running + (NEW.status = 'processing'), queued = queued + (NEW.status = 'queued'), next_due_at = (SELECT min(run_after) FROM (SELECT * FROM (SELECT run_after FROM jobs WHERE workspace_id = NEW.workspace_id AND status = 'queued' AND is_page = 0 AND (batch_id IS NULL) = 1 ORDER BY run_after LIMIT 1) UNION ALL SELECT * FROM (SELECT run_after FROM jobs WHERE workspace_id = NEW.workspace_id AND status = 'queued' AND is_page = 0 AND (batch_id IS NULL) = 0 ORDER BY run_after LIMIT 1))), next_page_due_at = (SELECT min(run_after) FROM (SELECT * FROM (SELECT run_after FROM jobs WHERE workspace_id = NEW.workspace_id AND status = 'queued' AND is_page = 1 AND (batch_id IS NULL) = 1 ORDER BY run_after LIMIT 1) UNION ALL SELECT * FROM (SELECT run_after FROM jobs WHERE workspace_id = NEW.workspace_id AND status = 'queued' AND is_page = 1 AND (batch_id IS NULL) = 0 ORDER BY run_after LIMIT 1))) WHERE id = NEW.workspace_id; END;
--> statement-breakpoint
DROP TRIGGER jobs_counted_on_update;
--> statement-breakpoint
CREATE TRIGGER jobs_counted_on_update AFTER UPDATE OF status, run_after, is_page ON jobs WHEN OLD.status <> NEW.status OR OLD.run_after <> NEW.run_after OR OLD.is_page <> NEW.is_page BEGIN UPDATE workspaces SET running = running + (NEW.status = 'processing') - (OLD.status = 'processing'), queued = queued + (NEW.status = 'queued') - (OLD.status = 'queued'), next_due_at = (SELECT min(run_after) FROM (SELECT * FROM (SELECT run_after FROM jobs WHERE workspace_id = NEW.workspace_id AND status = 'queued' AND is_page = 0 AND (batch_id IS NULL) = 1 ORDER BY run_after LIMIT 1) UNION ALL SELECT * FROM (SELECT run_after FROM jobs WHERE workspace_id = NEW.workspace_id AND status = 'queued' AND is_page = 0 AND (batch_id IS NULL) = 0 ORDER BY run_after LIMIT 1))), next_page_due_at = (SELECT min(run_after) FROM (SELECT * FROM (SELECT run_after FROM jobs WHERE workspace_id = NEW.workspace_id AND status = 'queued' AND is_page = 1 AND (batch_id IS NULL) = 1 ORDER BY run_after LIMIT 1) UNION ALL SELECT * FROM (SELECT run_after FROM jobs WHERE workspace_id = NEW.workspace_id AND status = 'queued' AND is_page = 1 AND (batch_id IS NULL) = 0 ORDER BY run_after LIMIT 1))) WHERE id = NEW.workspace_id; END;
--> statement-breakpoint
DROP TRIGGER jobs_counted_on_delete;
--> statement-breakpoint
CREATE TRIGGER jobs_counted_on_delete AFTER DELETE ON jobs BEGIN UPDATE workspaces SET running = running - (OLD.status = 'processing'), queued = queued - (OLD.status = 'queued'), next_due_at = (SELECT min(run_after) FROM (SELECT * FROM (SELECT run_after FROM jobs WHERE workspace_id = OLD.workspace_id AND status = 'queued' AND is_page = 0 AND (batch_id IS NULL) = 1 ORDER BY run_after LIMIT 1) UNION ALL SELECT * FROM (SELECT run_after FROM jobs WHERE workspace_id = OLD.workspace_id AND status = 'queued' AND is_page = 0 AND (batch_id IS NULL) = 0 ORDER BY run_after LIMIT 1))), next_page_due_at = (SELECT min(run_after) FROM (SELECT * FROM (SELECT run_after FROM jobs WHERE workspace_id = OLD.workspace_id AND status = 'queued' AND is_page = 1 AND (batch_id IS NULL) = 1 ORDER BY run_after LIMIT 1) UNION ALL SELECT * FROM (SELECT run_after FROM jobs WHERE workspace_id = OLD.workspace_id AND status = 'queued' AND is_page = 1 AND (batch_id IS NULL) = 0 ORDER BY run_after LIMIT 1))) WHERE id = OLD.workspace_id; END;
--> statement-breakpoint
-- Most uploads are finished before their attempt ends. The others are marked in the statement that ends it, so that the sweep finds them.
CREATE TRIGGER jobs_leave_uploads AFTER UPDATE OF status, attempt ON jobs WHEN OLD.status = 'processing' AND (NEW.status <> 'processing' OR NEW.attempt <> OLD.attempt) BEGIN UPDATE placements SET is_left = 1 WHERE job_id = OLD.id AND attempt = OLD.attempt AND status IN ('open', 'completing') AND is_left = 0; END;
--> statement-breakpoint
-- What a canceled job has stored is unfinished again.
CREATE TRIGGER placements_disowned AFTER UPDATE OF status ON placements WHEN OLD.status = 'stored' AND NEW.status = 'completing' BEGIN UPDATE placements SET is_left = 1 WHERE job_id = NEW.job_id AND attempt = NEW.attempt AND id = NEW.id; END;
--> statement-breakpoint
UPDATE placements SET is_left = 1 WHERE status IN ('open', 'completing') AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.id = placements.job_id AND jobs.attempt = placements.attempt AND jobs.status = 'processing');
