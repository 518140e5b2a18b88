CREATE TABLE `slot_rooms` (
	`is_page` integer NOT NULL,
	`number` integer NOT NULL,
	`has_room` integer NOT NULL,
	`has_extra` integer NOT NULL,
	`outdated_until` integer NOT NULL,
	PRIMARY KEY(`is_page`, `number`)
);
--> statement-breakpoint
CREATE INDEX `slot_rooms_open` ON `slot_rooms` (`is_page`,`number`) WHERE has_room = 1;--> statement-breakpoint
CREATE INDEX `slot_rooms_extra` ON `slot_rooms` (`is_page`,`number`) WHERE has_extra = 1;--> statement-breakpoint
CREATE INDEX `slot_pauses_due` ON `slot_pauses` (`paused_until`);--> statement-breakpoint
CREATE INDEX `slot_reservations_open` ON `slot_reservations` (`until`) WHERE rest_until IS NULL;
--> statement-breakpoint
-- A slot that a job leaves has room again. The trigger is on one line, as in 0001. A slot that was open is not written.
CREATE TRIGGER jobs_open_slot AFTER UPDATE OF status ON jobs WHEN OLD.status = 'processing' AND NEW.status <> 'processing' AND (OLD.slot GLOB 'slot-[0-9]*' OR OLD.slot GLOB 'page-[0-9]*') BEGIN UPDATE slot_rooms SET has_room = 1, has_extra = 1 WHERE is_page = (OLD.slot GLOB 'page-*') AND number = CAST(substr(OLD.slot, 6) AS INTEGER) AND NOT (has_room AND has_extra); END;
