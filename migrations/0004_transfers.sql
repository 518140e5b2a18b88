CREATE TABLE `transfers` (
	`import_id` text NOT NULL,
	`destination_id` text NOT NULL,
	`workspace_id` text NOT NULL,
	`reason` text NOT NULL,
	`status` text NOT NULL,
	`store_job_id` text,
	`migration_id` text,
	`next_at` integer NOT NULL,
	`error_code` text,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`import_id`, `destination_id`),
	FOREIGN KEY (`import_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `transfers_waiting` ON `transfers` (`workspace_id`,`next_at`) WHERE status = 'waiting';--> statement-breakpoint
CREATE INDEX `transfers_running` ON `transfers` (`workspace_id`) WHERE status = 'running';--> statement-breakpoint
CREATE INDEX `transfers_destination` ON `transfers` (`destination_id`) WHERE status = 'waiting';--> statement-breakpoint
CREATE INDEX `transfers_store_job` ON `transfers` (`store_job_id`) WHERE store_job_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `transfers_migration` ON `transfers` (`workspace_id`,`migration_id`) WHERE migration_id IS NOT NULL;