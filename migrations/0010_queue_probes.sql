CREATE TABLE `queue_probes` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace_id` text NOT NULL,
	`sent_at` integer NOT NULL,
	`received_at` integer
);
