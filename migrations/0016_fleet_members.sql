CREATE TABLE `fleet_members` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`token_hash` text NOT NULL,
	`created_at` integer NOT NULL,
	`revoked_at` integer,
	`last_seen_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `fleet_members_name` ON `fleet_members` (`name`);--> statement-breakpoint
CREATE UNIQUE INDEX `fleet_members_token` ON `fleet_members` (`token_hash`);