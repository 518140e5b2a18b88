/** Plans: what a workspace may do while RATE_LIMITS is on. The default rates are those of Importly. */
import { z } from 'zod';

const most = z.number().int().min(1);

const Plan = z.strictObject({
  importsPerHour: most.default(240),
  metadataPerHour: most.default(1000),
  requestsPerHour: most.default(3600),
  /** Unfinished imports; a further one is refused. Without it, imports wait for their turn. */
  maxConcurrentImports: most.optional(),
});

const Plans = z.strictObject({ free: Plan.prefault({}), paid: Plan.prefault({}) });
export type Plans = z.infer<typeof Plans>;
export type PlanName = keyof Plans;

/** Reads the variable PLANS; what it leaves out has its default. Throws when it is not valid. */
export function parsePlans(text: string): Plans {
  return Plans.parse(JSON.parse(text));
}

/** Whether parsePlans accepts the text. */
export function arePlans(text: string): boolean {
  try {
    parsePlans(text);
    return true;
  } catch {
    return false;
  }
}
