/** `/keys`: the API keys of a workspace. Only the answers that make a key contain its secret. */
import { z } from 'zod';
import { parseNetwork } from '../network.ts';
import { stripControls } from '../plain-text.ts';
import { KeyLimits } from './limits.ts';
import { Scope } from './scopes.ts';

const MAX_NAME_CHARACTERS = 100;
const MAX_ADDRESSES = 100;
const MAX_OVERLAP_SECONDS = 30 * 86_400;
/** How long a replaced key still works unless the request says otherwise: a day. */
export const DEFAULT_OVERLAP_SECONDS = 86_400;

const KeyName = z
  .string()
  .trim()
  .min(1, 'name must not be empty')
  .max(MAX_NAME_CHARACTERS)
  .refine((name) => stripControls(name) === name, 'name must not contain control characters');

const Addresses = z
  .array(
    z
      .string()
      .trim()
      .refine((text) => parseNetwork(text) !== null, {
        error: 'must be an IP address, or a CIDR without host bits such as 192.0.2.0/24 or 2001:db8::/32',
      }),
  )
  .min(1)
  .max(MAX_ADDRESSES);

const expiresAt = z.iso.datetime({ offset: true }).nullable();

export const KeyInput = z
  .strictObject({
    name: KeyName.meta({ description: 'What the key is for.', example: 'upload form' }),
    scopes: z
      .array(Scope)
      .min(1)
      .meta({ description: 'What the key may do. At most the scopes of the key that creates it.' }),
    expiresAt: expiresAt
      .optional()
      .meta({ description: 'The key ends at this time. Default: null, it has no end.' }),
    allowedAddresses: Addresses.nullable().optional().meta({
      description: 'IPv4 and IPv6 addresses and CIDRs that may use the key. Default: null, every address.',
    }),
    limits: KeyLimits.nullable()
      .optional()
      .meta({ description: 'Rates for this key alone. Default: null, those of the workspace.' }),
  })
  .meta({ id: 'KeyInput', example: { name: 'upload form', scopes: ['imports:write', 'imports:read'] } });
export type KeyInput = z.infer<typeof KeyInput>;

export const RotateInput = z
  .strictObject({
    overlapSeconds: z.number().int().min(0).max(MAX_OVERLAP_SECONDS).optional().meta({
      description: 'How long the old key still works. 0: it is revoked with this call. Default: one day.',
    }),
    expiresAt: expiresAt
      .optional()
      .meta({ description: 'When the new key ends. Default: when the old one would have ended.' }),
  })
  .meta({ id: 'RotateInput' });
export type RotateInput = z.infer<typeof RotateInput>;

const time = z.iso.datetime();

const keyShape = {
  id: z.string().meta({
    description: 'The ID of the key, which is not secret.',
    example: '01a20cd1-0c78-739a-a2ba-b1056fc5755e',
  }),
  name: z.string().meta({ description: 'What the key is for.', example: 'upload form' }),
  lastFour: z.string().meta({ description: 'The last four characters of the key.', example: 'x7Qa' }),
  scopes: z
    .array(Scope)
    .meta({ description: 'What the key may do.', example: ['imports:read', 'imports:write'] }),
  status: z.enum(['active', 'expired', 'revoked']).meta({ description: 'Only an active key is accepted.' }),
  expiresAt: time.nullable().meta({ description: 'When the key ends; null: it has no end.' }),
  allowedAddresses: z
    .array(z.string())
    .nullable()
    .meta({ description: 'Addresses that may use the key; null: every address.' }),
  limits: KeyLimits.nullable(),
  createdAt: time.meta({ description: 'When the key was created.' }),
  createdBy: z
    .string()
    .nullable()
    .meta({ description: 'ID of the key that created it; null when the operator did.' }),
  lastUsedAt: time.nullable().meta({ description: 'Time of the last accepted request, to the minute.' }),
  revokedAt: time.nullable().meta({ description: 'When the key was revoked; null: it was not.' }),
  replacedBy: z.string().nullable().meta({ description: 'ID of the key that a rotation made in its place.' }),
};

export const KeyView = z
  .strictObject(keyShape)
  .meta({ id: 'Key', description: 'An API key without its secret.' });
export type KeyView = z.infer<typeof KeyView>;

export const NewKey = z
  .strictObject({
    key: z.string().meta({ description: 'The secret. Only this answer contains it.', example: 'imp_…' }),
    ...keyShape,
  })
  .meta({ id: 'NewKey', description: 'A new API key with its secret.' });
