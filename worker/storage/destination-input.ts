/** Bucket settings as clients send and read them. */
import { z } from '@hono/zod-openapi';

/** Copies out of consoles bring blanks and line ends with them. */
const pasted = (maxCharacters: number) => z.string().trim().max(maxCharacters);
/** An empty field of a form means "not set". */
const optional = (maxCharacters: number) =>
  pasted(maxCharacters)
    .transform((text) => (text === '' ? undefined : text))
    .optional();

/** Printable ASCII without blanks: keys go into headers. */
const key = (maxCharacters: number) =>
  optional(maxCharacters).refine((text) => text === undefined || /^[!-~]+$/.test(text), {
    error: 'must not contain blanks or special characters',
  });

/**
 * `PUT /storage`. The two keys may be left out or empty when settings exist: then the saved ones stay. Bucket and region
 * become parts of host names and paths, so they hold nothing but name characters.
 */
export const DestinationInput = z
  .strictObject({
    accessKeyId: key(256),
    secretAccessKey: key(1024),
    bucket: pasted(255).regex(/^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]+[A-Za-z0-9]$/, {
      error: 'must be the bare name of the bucket',
    }),
    region: pasted(63)
      .toLowerCase()
      .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, { error: 'must be the name of a region, or auto' }),
    endpoint: optional(512),
    defaultPathPrefix: optional(1024),
  })
  .meta({ id: 'StorageInput' });
export type DestinationInput = z.infer<typeof DestinationInput>;

/** What clients read of settings: never a secret. */
export const DestinationView = z
  .strictObject({
    name: z.string(),
    provider: z.string(),
    bucket: z.string(),
    region: z.string(),
    endpoint: z.string().nullable(),
    defaultPathPrefix: z.string().nullable(),
    accessKeyIdLastFour: z.string(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Storage' });
export type DestinationView = z.infer<typeof DestinationView>;
