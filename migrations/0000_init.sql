CREATE TABLE `api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace_id` text NOT NULL,
	`name` text NOT NULL,
	`hash` text NOT NULL,
	`last_four` text NOT NULL,
	`created_at` integer NOT NULL,
	`revoked_at` integer,
	FOREIGN KEY (`workspace_id`) REFERENCES `workspaces`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_hash` ON `api_keys` (`hash`);--> statement-breakpoint
CREATE TABLE `artifacts` (
	`id` text PRIMARY KEY NOT NULL,
	`job_id` text NOT NULL,
	`attempt` integer NOT NULL,
	`role` text NOT NULL,
	`title` text NOT NULL,
	`extension` text NOT NULL,
	`content_type` text NOT NULL,
	`size_bytes` integer,
	`crc32` text,
	`sha256` text,
	`facts` text,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `artifacts_role` ON `artifacts` (`job_id`,`attempt`,`role`);--> statement-breakpoint
CREATE TABLE `attempts` (
	`job_id` text NOT NULL,
	`attempt` integer NOT NULL,
	`slot` text NOT NULL,
	`claimed_at` integer NOT NULL,
	`accepted_at` integer,
	`resolving_at` integer,
	`downloading_at` integer,
	`merging_at` integer,
	`uploading_at` integer,
	`verifying_at` integer,
	`ended_at` integer,
	`outcome` text,
	`error_code` text,
	`error_detail` text,
	PRIMARY KEY(`job_id`, `attempt`),
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `destinations` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace_id` text NOT NULL,
	`name` text NOT NULL,
	`is_default` integer NOT NULL,
	`endpoint` text,
	`region` text NOT NULL,
	`bucket` text NOT NULL,
	`default_path_prefix` text,
	`access_key_id` text NOT NULL,
	`secret_access_key` text NOT NULL,
	`access_key_id_last_four` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`workspace_id`) REFERENCES `workspaces`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `destinations_name` ON `destinations` (`workspace_id`,`name`);--> statement-breakpoint
CREATE UNIQUE INDEX `destinations_default` ON `destinations` (`workspace_id`) WHERE is_default = 1;--> statement-breakpoint
CREATE TABLE `events` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace_id` text NOT NULL,
	`job_id` text NOT NULL,
	`type` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `events_once` ON `events` (`job_id`,`type`);--> statement-breakpoint
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
	FOREIGN KEY (`workspace_id`) REFERENCES `workspaces`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `jobs_queue` ON `jobs` (`workspace_id`,`run_after`,`id`) WHERE status = 'queued';--> statement-breakpoint
CREATE INDEX `jobs_leases` ON `jobs` (`lease_until`) WHERE status = 'processing';--> statement-breakpoint
CREATE INDEX `jobs_slots` ON `jobs` (`slot`) WHERE status = 'processing';--> statement-breakpoint
CREATE INDEX `jobs_list` ON `jobs` (`workspace_id`,`id`);--> statement-breakpoint
CREATE TABLE `ledger` (
	`id` text PRIMARY KEY NOT NULL,
	`job_id` text NOT NULL,
	`workspace_id` text NOT NULL,
	`status` text NOT NULL,
	`bytes` integer NOT NULL,
	`microdollars` integer NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `ledger_job` ON `ledger` (`job_id`);--> statement-breakpoint
CREATE INDEX `ledger_workspace` ON `ledger` (`workspace_id`,`created_at`);--> statement-breakpoint
CREATE TABLE `placements` (
	`id` text PRIMARY KEY NOT NULL,
	`artifact_id` text NOT NULL,
	`job_id` text NOT NULL,
	`attempt` integer NOT NULL,
	`destination_id` text,
	`status` text NOT NULL,
	`kind` text NOT NULL,
	`part_size_bytes` integer NOT NULL,
	`bucket` text NOT NULL,
	`key` text NOT NULL,
	`upload_id` text,
	`url` text,
	`etag` text,
	`error_code` text,
	`error_detail` text,
	`created_at` integer NOT NULL,
	`stored_at` integer,
	`expires_at` integer,
	FOREIGN KEY (`artifact_id`) REFERENCES `artifacts`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `placements_job` ON `placements` (`job_id`,`attempt`);--> statement-breakpoint
CREATE INDEX `placements_unfinished` ON `placements` (`created_at`) WHERE status IN ('open', 'completing');--> statement-breakpoint
CREATE INDEX `placements_retention` ON `placements` (`expires_at`) WHERE status = 'stored' AND expires_at IS NOT NULL;--> statement-breakpoint
CREATE TABLE `slots` (
	`slot` text PRIMARY KEY NOT NULL,
	`capacity` integer NOT NULL,
	`versions` text NOT NULL,
	`last_seen_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `workspaces` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`max_concurrent` integer NOT NULL,
	`running` integer DEFAULT 0 NOT NULL,
	`queued` integer DEFAULT 0 NOT NULL,
	`next_due_at` integer,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `workspaces_claimable` ON `workspaces` (`running`,`next_due_at`) WHERE next_due_at IS NOT NULL AND running < max_concurrent;