import { describe, expect, it } from 'vitest';
import { AppError } from '../../../worker/errors.ts';
import { checkWebhookUrl } from '../../../worker/webhooks/check-url.ts';

function verdictOf(text: string, EGRESS_ALLOW = ''): string {
  try {
    return checkWebhookUrl({ EGRESS_ALLOW }, text, 'url');
  } catch (error) {
    if (error instanceof AppError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

describe('the URL of a webhook', () => {
  it.each([
    ['https://APP.example.com', 'https://app.example.com/'],
    ['https://app.example.com:8443/hook?key=1#top', 'https://app.example.com:8443/hook?key=1'],
    ['https://app.example.com/a\r\nX-Evil: 1', 'https://app.example.com/aX-Evil:%201'],
  ])('%j is taken as %s', (text, href) => {
    expect(verdictOf(text)).toBe(href);
  });

  it.each([
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://[::ffff:169.254.169.254]/latest/meta-data',
    'https://[64:ff9b::7f00:1]/',
    'https://10.0.0.8/',
    'https://100.64.0.1/',
    'https://localhost/',
    'https://LOCALHOST./',
    'https://control.internal/internal/heartbeat',
    'https://router/',
    'https://app.example.com:25/',
  ])('%s is refused', (text) => {
    expect(verdictOf(text)).toMatch(/^webhook_address_forbidden: url has an address that is not allowed: /);
  });

  it('is refused with a public IP address, to which Workers cannot connect', () => {
    expect(verdictOf('https://93.184.216.34/')).toMatch(/webhook_address_forbidden: .*IP address/);
  });

  it('must be https', () => {
    expect(verdictOf('http://app.example.com/')).toBe('invalid_request: url must be an https URL');
  });

  it('may be what the operator opens for webhooks, also over plain http, but not what is open for sources', () => {
    const open = 'webhook:10.0.0.8:9000 webhook:app.lan source:10.0.0.9:9000';
    expect(verdictOf('http://10.0.0.8:9000/hook', open)).toBe('http://10.0.0.8:9000/hook');
    expect(verdictOf('http://app.lan/hook', open)).toBe('http://app.lan/hook');
    expect(verdictOf('http://10.0.0.9:9000/hook', open)).toMatch(/^webhook_address_forbidden/);
  });
});
