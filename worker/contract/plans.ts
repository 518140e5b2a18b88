/** Plans: what a workspace may do while RATE_LIMITS is on. The default rates are those of Importly. */
import { z } from 'zod';

const most = z.number().int().min(1);

const Plan = z.strictObject({
  importsPerHour: most.default(240),
  metadataPerHour: most.default(1000),
  requestsPerHour: most.default(3600),
  /** Unfinished imports; a further one is refused. Without it, imports wait for their turn. */
  maxConcurrentImports: most.optional(),
  /** The same for jobs that read metadata, full and basic together. */
  maxConcurrentMetadata: most.optional(),
});

const Plans = z.strictObject({ free: Plan.prefault({}), paid: Plan.prefault({}) });
export type Plans = z.infer<typeof Plans>;
export type Plan = z.infer<typeof Plan>;
export type PlanName = keyof Plans;
/** The names of all plans. */
export const PLAN_NAMES = Plans.keyof().options;

/** Reads the variable PLANS; what it leaves out has its default. Throws when it is not valid. */
export function parsePlans(text: string): Plans {
  return Plans.parse(JSON.parse(text));
}

/** The variable PLANS. Its one problem does not contain the text. */
export const PlansText = z.string().transform((text, context): Plans => {
  try {
    return parsePlans(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'must be JSON such as {"free":{"importsPerHour":240}}' });
    return z.NEVER;
  }
});
