DROP INDEX `transfers_destination`;--> statement-breakpoint
CREATE INDEX `transfers_refused` ON `transfers` (`destination_id`,`error_code`,`next_at`) WHERE status = 'waiting';