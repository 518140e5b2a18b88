/** What clients read about wrong values where a schema has no words of its own for them. */
import { expect, it } from 'vitest';
import type { z } from 'zod';
import { BatchRequest } from '../../../worker/contract/api/batches/batch-request.ts';
import { ImportRequest } from '../../../worker/contract/api/import-request.ts';
import { KeyInput } from '../../../worker/contract/api/keys.ts';
import { Encryption } from '../../../worker/contract/api/storage/object-settings.ts';
import { WebhookInput } from '../../../worker/contract/api/webhooks/endpoint.ts';
import { toInvalidRequest } from '../../../worker/http/invalid-request.ts';

const url = 'https://a.example.com/a.mp4';
const key = { name: 'a', scopes: ['usage'] };
const CODECS = 'must be avc, hevc, vp8, vp9, av1, h264 or h265';

it.each<[z.ZodType, unknown, string]>([
  [ImportRequest, null, 'body must be an object'],
  [ImportRequest, { url: 7 }, 'url must be a string'],
  [ImportRequest, { url, store: 'yes' }, 'store must be true or false'],
  [ImportRequest, { url, container: 'avi' }, 'container must be mp4, webm or mkv'],
  [ImportRequest, { url, maxBytes: 1.5 }, 'maxBytes must be a whole number'],
  [ImportRequest, { url, maxBytes: 0 }, 'maxBytes must be more than 0'],
  [ImportRequest, { url, maxCostInDollars: -1 }, 'maxCostInDollars must be at least 0'],
  [ImportRequest, { url, storagePath: 'a'.repeat(1025) }, 'storagePath must have at most 1024 characters'],
  [ImportRequest, { url, videoCodec: 'xyz' }, `videoCodec ${CODECS}, or a list`],
  [ImportRequest, { url, videoCodec: ['avc', 'xyz'] }, `videoCodec is not valid: 1 ${CODECS}`],
  [ImportRequest, { url, format: {} }, 'format must be a string, or a number'],
  [BatchRequest, { items: [{ url: 'ftp://x' }] }, 'items.0.url must be an http or https URL'],
  [BatchRequest, { urls: [] }, 'urls must not be empty'],
  [WebhookInput, { url, description: 5 }, 'description must be a string'],
  [
    KeyInput,
    { ...key, scopes: ['usage', 'all'] },
    'scopes.1 must be imports:read, imports:write, storage, webhooks, usage or admin',
  ],
  [Encryption, { type: 'none' }, 'type must be AES256 or aws:kms'],
  [KeyInput, { ...key, limits: { importsPerHour: 0 } }, 'limits.importsPerHour must be at least 1'],
  [
    KeyInput,
    { ...key, expiresAt: 'tomorrow' },
    'expiresAt must be a date and time in ISO 8601, such as 2026-01-31T12:00:00Z',
  ],
])('a wrong value gets a sentence: %#', (schema, input, sentence) => {
  const { error } = schema.safeParse(input);
  expect(toInvalidRequest(error!).message).toBe(sentence);
});
