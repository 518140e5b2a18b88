CREATE TABLE `site_results` (
	`hour` integer NOT NULL,
	`workspace_id` text NOT NULL,
	`host` text NOT NULL,
	`code` text NOT NULL,
	`imports` integer NOT NULL,
	PRIMARY KEY(`hour`, `workspace_id`, `host`, `code`)
);
--> statement-breakpoint
CREATE INDEX `site_results_host` ON `site_results` (`host`,`workspace_id`);