/** A receiver of webhooks that is sometimes slow, sometimes refuses an event at first, and checks every signature. */
import { setTimeout as delay } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import type { Random } from '../fuzz/random.ts';
import { startWebhookReceiver, type ReceivedWebhook } from '../support/webhook-receiver.ts';

export interface Delivery extends ReceivedWebhook {
  id: string;
  type: string;
  /** Whether it was answered with 200. */
  isTaken: boolean;
  isSigned: boolean;
}

export interface MoodyReceiver {
  /** The address without the proxy. */
  origin: string;
  deliveries: Delivery[];
  /** Expects deliveries at this path, signed with this secret. */
  expect(path: string, secret: string): void;
  close(): Promise<void>;
}

/** An event is refused at most this often. */
const MOST_REFUSALS = 2;
const LONGEST_WAIT_MS = 1500;

export async function startMoodyReceiver(random: Random): Promise<MoodyReceiver> {
  const deliveries: Delivery[] = [];
  const secrets = new Map<string, string>();
  const refusalsLeft = new Map<string, number>();
  const take = async (webhook: ReceivedWebhook, end: (status: number) => void): Promise<void> => {
    const id = webhook.headers['webhook-id'] ?? '';
    const key = `${webhook.path} ${id}`;
    const left = refusalsLeft.get(key) ?? (random.oneIn(5) ? 1 + random.below(MOST_REFUSALS) : 0);
    refusalsLeft.set(key, left - 1);
    const type = webhook.headers['webhook-event'] ?? '';
    const isSigned = verifies(secrets.get(webhook.path) ?? '', webhook);
    if (random.oneIn(4)) await delay(random.below(LONGEST_WAIT_MS));
    deliveries.push({ ...webhook, id, type, isTaken: left <= 0, isSigned });
    end(left > 0 ? 500 : 200);
  };
  const answers: Parameters<typeof startWebhookReceiver>[0] = {};
  const receiver = await startWebhookReceiver(answers);
  return {
    origin: receiver.url(''),
    deliveries,
    expect: (path, secret) => {
      secrets.set(path, secret);
      answers[path] = (response, webhook) =>
        void take(webhook, (status) => void response.writeHead(status).end());
    },
    close: () => receiver.close(),
  };
}

/** Checked when it arrives, since a signature is valid for five minutes. */
function verifies(secret: string, { body, headers }: ReceivedWebhook): boolean {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch {
    return false;
  }
}
