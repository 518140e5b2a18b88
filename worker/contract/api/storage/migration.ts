/** `/storage/migrate`: the request, and the progress of a migration. */
import { z } from 'zod';
import { storageChoice } from '../import-request.ts';

export const MigrateRequest = z
  .strictObject({ storageDestination: storageChoice.storageDestination })
  .meta({ id: 'MigrateRequest' });

const count = z.number().int().min(0);
export const Migration = z
  .strictObject({ total: count, done: count, failed: count, remaining: count })
  .meta({ id: 'Migration', description: '`total` = `done` + `failed` + `remaining`.' });
