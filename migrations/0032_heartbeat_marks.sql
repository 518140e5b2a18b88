ALTER TABLE `fleet_members` ADD `process_id` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `progress_at` integer;--> statement-breakpoint
ALTER TABLE `jobs` ADD `read_at` integer;--> statement-breakpoint
ALTER TABLE `slots` ADD `process_id` text;