CREATE TABLE `slot_reservations` (
	`slot` text PRIMARY KEY NOT NULL,
	`job_id` text NOT NULL,
	`since` integer NOT NULL,
	`until` integer NOT NULL,
	`rest_until` integer
);
--> statement-breakpoint
ALTER TABLE `jobs` ADD `crashes` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `jobs` ADD `alone_after` integer;--> statement-breakpoint
CREATE INDEX `jobs_alone` ON `jobs` (`alone_after`) WHERE status = 'queued' AND alone_after IS NOT NULL;