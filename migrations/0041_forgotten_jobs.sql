-- The sweep finds old jobs by their IDs, and deletes their rows. Until earlier versions of the service are replaced, their sweeps read all jobs.
DROP INDEX `jobs_kept`;
--> statement-breakpoint
-- Only unfinished jobs are counted. On one line, as in 0001.
DROP TRIGGER jobs_counted_on_delete;
--> statement-breakpoint
CREATE TRIGGER jobs_counted_on_delete AFTER DELETE ON jobs WHEN OLD.status IN ('queued', 'processing') BEGIN UPDATE workspaces SET running = running - (OLD.status = 'processing'), queued = queued - (OLD.status = 'queued'), next_due_at = (SELECT min(run_after) FROM (SELECT * FROM (SELECT run_after FROM jobs WHERE workspace_id = OLD.workspace_id AND status = 'queued' AND is_page = 0 AND (batch_id IS NULL) = 1 ORDER BY run_after LIMIT 1) UNION ALL SELECT * FROM (SELECT run_after FROM jobs WHERE workspace_id = OLD.workspace_id AND status = 'queued' AND is_page = 0 AND (batch_id IS NULL) = 0 ORDER BY run_after LIMIT 1))), next_page_due_at = (SELECT min(run_after) FROM (SELECT * FROM (SELECT run_after FROM jobs WHERE workspace_id = OLD.workspace_id AND status = 'queued' AND is_page = 1 AND (batch_id IS NULL) = 1 ORDER BY run_after LIMIT 1) UNION ALL SELECT * FROM (SELECT run_after FROM jobs WHERE workspace_id = OLD.workspace_id AND status = 'queued' AND is_page = 1 AND (batch_id IS NULL) = 0 ORDER BY run_after LIMIT 1))) WHERE id = OLD.workspace_id; END;
