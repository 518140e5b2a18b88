import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { newSecret, signatureHeaders } from '../../../worker/webhooks/signature.ts';

const message = () => ({
  id: '01a20cd1-6bb4-728b-a1f3-382e058cda0a',
  timestamp: Math.floor(Date.now() / 1000),
  body: JSON.stringify({ jobId: '1', message: 'Ünïcödé — "quotes"\r\n\u2028' }),
});

describe('a signature', () => {
  it('is verified by the library of Standard Webhooks', async () => {
    const secret = newSecret();
    const signed = message();
    const headers = await signatureHeaders([secret], signed);
    expect(new Webhook(secret).verify(signed.body, headers)).toEqual(JSON.parse(signed.body));
    expect(headers['webhook-id']).toBe(signed.id);
  });

  it('of two secrets is verified with either of them', async () => {
    const [newer, older] = [newSecret(), newSecret()];
    const signed = message();
    const headers = await signatureHeaders([newer, older], signed);
    for (const secret of [newer, older]) {
      expect(() => new Webhook(secret).verify(signed.body, headers)).not.toThrow();
    }
    expect(() => new Webhook(newSecret()).verify(signed.body, headers)).toThrow(
      'No matching signature found',
    );
  });

  it.each([
    ['another body', { body: '{}' }],
    ['another id', { id: 'x' }],
    ['another time', { timestamp: message().timestamp + 100 }],
  ])('does not fit %s', async (_name, changed) => {
    const secret = newSecret();
    const signed = message();
    const headers = await signatureHeaders([secret], signed);
    const forged = await signatureHeaders([newSecret()], { ...signed, ...changed });
    const mixed = { ...forged, 'webhook-signature': headers['webhook-signature'] ?? '' };
    expect(() => new Webhook(secret).verify({ ...signed, ...changed }.body, mixed)).toThrow('No matching');
  });
});

it('a secret has the form of Standard Webhooks, with 32 random bytes', () => {
  const secret = newSecret();
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(newSecret()).not.toBe(secret);
});
