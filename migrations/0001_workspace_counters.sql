-- The counters of a workspace follow its jobs in the statement that moves them, so that claimNext reads a few rows
-- however long the backlog is, and no verb can forget them.
-- Each trigger is on one line: Cloudflare's remote API ends a statement at a semicolon that ends a line.
CREATE TRIGGER jobs_counted_on_insert AFTER INSERT ON jobs BEGIN UPDATE workspaces SET running = running + (NEW.status = 'processing'), queued = queued + (NEW.status = 'queued'), next_due_at = (SELECT run_after FROM jobs WHERE workspace_id = NEW.workspace_id AND status = 'queued' ORDER BY run_after LIMIT 1) WHERE id = NEW.workspace_id; END;
--> statement-breakpoint
CREATE TRIGGER jobs_counted_on_update AFTER UPDATE OF status, run_after ON jobs WHEN OLD.status <> NEW.status OR OLD.run_after <> NEW.run_after BEGIN UPDATE workspaces SET running = running + (NEW.status = 'processing') - (OLD.status = 'processing'), queued = queued + (NEW.status = 'queued') - (OLD.status = 'queued'), next_due_at = (SELECT run_after FROM jobs WHERE workspace_id = NEW.workspace_id AND status = 'queued' ORDER BY run_after LIMIT 1) WHERE id = NEW.workspace_id; END;
--> statement-breakpoint
CREATE TRIGGER jobs_counted_on_delete AFTER DELETE ON jobs BEGIN UPDATE workspaces SET running = running - (OLD.status = 'processing'), queued = queued - (OLD.status = 'queued'), next_due_at = (SELECT run_after FROM jobs WHERE workspace_id = OLD.workspace_id AND status = 'queued' ORDER BY run_after LIMIT 1) WHERE id = OLD.workspace_id; END;
