CREATE TABLE `slot_pauses` (
	`slot` text PRIMARY KEY NOT NULL,
	`since` integer NOT NULL,
	`tries` integer NOT NULL,
	`paused_until` integer NOT NULL,
	`is_silent` integer NOT NULL
);
