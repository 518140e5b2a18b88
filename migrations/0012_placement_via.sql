ALTER TABLE `placements` ADD `via` text DEFAULT 'relay' NOT NULL;
--> statement-breakpoint
UPDATE placements SET via = CASE WHEN destination_id IS NOT NULL THEN 's3' WHEN digest = 'sha256' THEN 'direct' ELSE 'relay' END WHERE destination_id IS NOT NULL OR digest = 'sha256';
--> statement-breakpoint
-- For rows of the Worker version that does not know the column. A relay never has a destination or SHA-256.
CREATE TRIGGER placements_via AFTER INSERT ON placements WHEN NEW.via = 'relay' AND (NEW.destination_id IS NOT NULL OR NEW.digest = 'sha256') BEGIN UPDATE placements SET via = (CASE WHEN NEW.destination_id IS NOT NULL THEN 's3' ELSE 'direct' END) WHERE id = NEW.id; END;
