-- An attempt is part of its job while it runs, and gets its row at its end. Nothing but the sweep looks for leases.
DROP INDEX `jobs_leases`;--> statement-breakpoint
ALTER TABLE `jobs` ADD `claimed_at` integer;--> statement-breakpoint
ALTER TABLE `jobs` ADD `accepted_at` integer;--> statement-breakpoint
ALTER TABLE `jobs` ADD `resolving_at` integer;--> statement-breakpoint
ALTER TABLE `jobs` ADD `downloading_at` integer;--> statement-breakpoint
ALTER TABLE `jobs` ADD `merging_at` integer;--> statement-breakpoint
ALTER TABLE `jobs` ADD `uploading_at` integer;--> statement-breakpoint
ALTER TABLE `jobs` ADD `verifying_at` integer;
--> statement-breakpoint
UPDATE jobs SET (claimed_at, accepted_at, resolving_at, downloading_at, merging_at, uploading_at, verifying_at) = (SELECT claimed_at, accepted_at, resolving_at, downloading_at, merging_at, uploading_at, verifying_at FROM attempts WHERE attempts.job_id = jobs.id AND attempts.attempt = jobs.attempt) WHERE status = 'processing';
--> statement-breakpoint
-- For attempts that an earlier version of the service begins and accepts. Each trigger is on one line, as in 0001.
CREATE TRIGGER attempts_begun AFTER INSERT ON attempts WHEN NEW.ended_at IS NULL BEGIN UPDATE jobs SET claimed_at = NEW.claimed_at, accepted_at = NEW.accepted_at, resolving_at = NULL, downloading_at = NULL, merging_at = NULL, uploading_at = NULL, verifying_at = NULL WHERE id = NEW.job_id AND attempt = NEW.attempt AND claimed_at IS NOT NEW.claimed_at; END;
--> statement-breakpoint
CREATE TRIGGER attempts_accepted AFTER UPDATE OF accepted_at ON attempts WHEN OLD.accepted_at IS NULL AND NEW.accepted_at IS NOT NULL BEGIN UPDATE jobs SET accepted_at = NEW.accepted_at WHERE id = NEW.job_id AND attempt = NEW.attempt AND accepted_at IS NULL; END;
