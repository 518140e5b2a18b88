/** `/storage/migrate`: the request, and the progress of a migration. */
import { z } from 'zod';
import { storageChoice } from '../import-request.ts';

export const MigrateRequest = z
  .strictObject({ storageDestination: storageChoice.storageDestination })
  .meta({ id: 'MigrateRequest' });

const count = z.number().int().min(0);
export const Migration = z
  .strictObject({
    total: count.meta({ description: 'Imports that the migration found.', example: 120 }),
    done: count.meta({ description: 'Imports that are in the bucket.', example: 87 }),
    failed: count.meta({ description: 'Imports that the bucket did not take.' }),
    remaining: count.meta({ description: 'Imports that wait.', example: 33 }),
  })
  .meta({ id: 'Migration', description: '`total` = `done` + `failed` + `remaining`.' });
