/** `GET /usage`: what the jobs of a workspace used and cost. */
import { z } from 'zod';
import { CODE_NAMES } from '../codes.ts';
import { JobKind } from '../job.ts';

export const UsageGroup = z.enum(['day', 'key', 'kind', 'destination', 'host']);
export type UsageGroup = z.infer<typeof UsageGroup>;

const day = z.iso.date();

export const UsageQuery = z.strictObject({
  from: day.optional().meta({ description: 'The first day, in UTC. Default: 29 days before `to`.' }),
  to: day
    .optional()
    .meta({ description: 'The last day, in UTC. Default: today. At most 366 days can be asked for.' }),
  groupBy: z
    .string()
    .default('day')
    .transform((text) => text.split(','))
    .pipe(z.array(UsageGroup))
    .refine((names) => new Set(names).size === names.length, 'groupBy must name each group once')
    .meta({
      type: 'string',
      description:
        'What the rows are grouped by: one or more of day, key, kind, destination and host, separated by commas.',
      example: 'day,kind',
    }),
});
export type UsageQuery = z.output<typeof UsageQuery>;

const count = z.number().int().nonnegative();

const sums = {
  jobs: count.meta({ description: 'Jobs that ended: completed, failed or canceled.', example: 12 }),
  completed: count.meta({ description: 'Jobs that were completed.', example: 11 }),
  failed: count.meta({ description: 'Jobs that failed.', example: 1 }),
  canceled: count.meta({ description: 'Jobs that were canceled.' }),
  bytes: count.meta({ description: 'Bytes of completed imports.', example: 1_500_000_000 }),
  freeBytes: count.meta({
    description: 'The part of `bytes` that the free allowance covers.',
    example: 1_000_000_000,
  }),
  costInDollars: z.number().meta({ description: 'In dollars, rounded to cents.', example: 1.5 }),
  costInMicrodollars: count.meta({
    description: 'The exact cost in millionths of a dollar.',
    example: 1_500_000,
  }),
  failures: z
    .partialRecord(z.enum(CODE_NAMES), count)
    .meta({ description: 'The number of failed jobs by error code.', example: { source_not_found: 1 } }),
};

/** A row has the members that `groupBy` names. */
const UsageRow = z
  .strictObject({
    day: day
      .optional()
      .meta({ description: 'The day in UTC on which the jobs ended.', example: '2026-11-27' }),
    keyId: z
      .string()
      .nullable()
      .optional()
      .meta({ description: 'The API key; null for jobs that the service made.' }),
    kind: JobKind.nullable().optional().meta({ description: 'The kind of job; null if it is not known.' }),
    destination: z.string().nullable().optional().meta({
      description: 'The destination that has the file; null for service storage, and without a file.',
    }),
    host: z
      .string()
      .nullable()
      .optional()
      .meta({ description: 'The host of the source without `www.`; null for deleted imports.' }),
    ...sums,
  })
  .meta({ id: 'UsageRow', description: 'The jobs of one group. It has the members that `groupBy` names.' });

const Balance = z
  .strictObject({
    balanceInDollars: z.number().meta({ description: 'Rounded down to cents.' }),
    balanceInMicrodollars: z
      .number()
      .int()
      .meta({ description: 'What was paid, without what all billed jobs cost.' }),
    creditedInMicrodollars: z.number().int().meta({ description: 'What was paid.' }),
    spentInMicrodollars: count.meta({ description: 'What all billed jobs cost.' }),
    freeBytesLeft: count.meta({ description: 'Bytes that the next imports store for nothing.' }),
  })
  .meta({ id: 'Balance', description: 'What is left of the money that was paid.' });

export const Usage = z
  .strictObject({
    from: day.meta({ description: 'The first day, in UTC.', example: '2026-11-01' }),
    to: day.meta({ description: 'The last day, in UTC.' }),
    rows: z.array(UsageRow).meta({ description: 'The groups in which a job ended, in order.' }),
    total: z.strictObject(sums).meta({ description: 'The sums over all rows.' }),
    balance: Balance.nullable().meta({ description: 'Of today. Null on a service that bills nobody.' }),
  })
  .meta({ id: 'Usage', description: 'What the jobs of a workspace used and cost.' });
export type Usage = z.infer<typeof Usage>;
