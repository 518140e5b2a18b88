ALTER TABLE `artifacts` ADD `source_id` text;--> statement-breakpoint
ALTER TABLE `artifacts` ADD `uploader` text;--> statement-breakpoint
CREATE INDEX `placements_object` ON `placements` (`destination_id`,`bucket`,`key`) WHERE destination_id IS NOT NULL;