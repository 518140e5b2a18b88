/** Imports that exist although docs/architecture.md forbids them: remove a line with its last import, and add none. */
export const EXCEPTIONS: readonly (readonly [room: string, target: string])[] = [
  ['worker/storage/connection/', 'worker/storage/copies/'],
  ['worker/storage/copies/', 'worker/storage/sites/'],
  ['worker/storage/destinations/', 'worker/storage/sites/'],
  ['worker/storage/destinations/', 'worker/storage/uploads/'],
  ['worker/storage/destinations/', 'worker/transfers/'],
  ['worker/storage/s3/', 'worker/storage/sites/'],
  ['worker/storage/sites/', 'worker/storage/destinations/'],
  ['worker/storage/sites/', 'worker/storage/uploads/'],
  ['downloader/sources/*.ts', 'downloader/upload/'],
];
