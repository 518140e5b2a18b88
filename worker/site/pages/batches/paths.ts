/** The paths of the pages about batches. */
export const BATCHES_PATH = '/dashboard/batches';
export const NEW_BATCH_PATH = `${BATCHES_PATH}/new`;

export const pathOfBatch = (batchId: string): string => `${BATCHES_PATH}/${batchId}`;
