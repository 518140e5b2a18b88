/** Imports that exist although docs/architecture.md forbids them: remove a line with its last import, and add none. */
export const EXCEPTIONS: readonly (readonly [room: string, target: string])[] = [
  ['worker/storage/connection/', 'worker/storage/copies/'],
  ['worker/storage/destinations/', 'worker/transfers/'],
];
