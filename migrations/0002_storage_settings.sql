ALTER TABLE `destinations` ADD `storage_class` text;--> statement-breakpoint
ALTER TABLE `destinations` ADD `acl` text;--> statement-breakpoint
ALTER TABLE `destinations` ADD `sse` text;--> statement-breakpoint
ALTER TABLE `destinations` ADD `tags` text;--> statement-breakpoint
ALTER TABLE `destinations` ADD `metadata` text;--> statement-breakpoint
ALTER TABLE `destinations` ADD `expected_bucket_owner` text;--> statement-breakpoint
ALTER TABLE `destinations` ADD `public_base_url` text;--> statement-breakpoint
ALTER TABLE `destinations` ADD `presigned_url_seconds` integer;--> statement-breakpoint
ALTER TABLE `destinations` ADD `addressing` text DEFAULT 'auto' NOT NULL;--> statement-breakpoint
ALTER TABLE `destinations` ADD `fallback` text DEFAULT 'service' NOT NULL;--> statement-breakpoint
ALTER TABLE `destinations` ADD `allowed_buckets` text;--> statement-breakpoint
ALTER TABLE `destinations` ADD `learned` text;--> statement-breakpoint
ALTER TABLE `destinations` ADD `session_token` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `store_of` text;--> statement-breakpoint
CREATE INDEX `jobs_store_of` ON `jobs` (`store_of`) WHERE store_of IS NOT NULL;