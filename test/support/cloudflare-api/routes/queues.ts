/** Queues and their consumers. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Account, Queue } from '../account.ts';
import { ApiRefusal, route, segment, type Call, type Route } from '../call.ts';
import { parseBody } from '../parse-body.ts';

const QueueName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$/);
const Create = z.strictObject({
  queue_name: QueueName,
  settings: z
    .strictObject({ delivery_delay: z.int().optional(), message_retention_period: z.int().optional() })
    .optional(),
});
const Consumer = z.strictObject({
  type: z.literal('worker'),
  script_name: z.string(),
  dead_letter_queue: z.string().optional(),
  settings: z.strictObject({
    batch_size: z.int().min(1).max(100).optional(),
    max_retries: z.int().min(0).max(100).optional(),
    max_wait_time_ms: z.int().min(0).max(60_000).optional(),
    max_concurrency: z.int().nullable().optional(),
    retry_delay: z.int().optional(),
  }),
});

function describe(queue: Queue) {
  return { ...queue, producers: [], producers_total_count: 0, consumers_total_count: queue.consumers.length };
}

export function queueRoutes(account: Account): Route[] {
  const base = `/accounts/${account.id}/queues`;
  const find = (call: Call): Queue => {
    const queue = [...account.queues.values()].find(({ queue_id: id }) => id === segment(call, 0));
    if (queue === undefined) throw new ApiRefusal(404, 11_000, 'Queue does not exist.');
    return queue;
  };
  const readConsumer = (call: Call) => {
    const { script_name: script, ...rest } = parseBody(call, Consumer);
    if (!account.scripts.has(script)) throw new ApiRefusal(400, 11_001, `no Worker ${script}`);
    const { dead_letter_queue: dead } = rest;
    if (dead !== undefined && !account.queues.has(dead))
      throw new ApiRefusal(400, 11_000, `no queue ${dead}`);
    return { script, ...rest };
  };
  return [
    route('POST', base, (call) => {
      const { queue_name: name } = parseBody(call, Create);
      if (account.queues.has(name))
        throw new ApiRefusal(409, 11_009, `Queue name '${name}' is already taken.`);
      const queue = { queue_id: randomUUID().replaceAll('-', ''), queue_name: name, consumers: [] };
      account.queues.set(name, queue);
      return { result: describe(queue) };
    }),
    route('GET', base, (call) => {
      const names = call.query.getAll('name');
      const all = [...account.queues.values()].filter(
        (queue) => names.length === 0 || names.includes(queue.queue_name),
      );
      const count = all.length;
      return {
        result: all.map(describe),
        resultInfo: { page: 1, per_page: 100, count, total_count: count, total_pages: 1 },
      };
    }),
    route('DELETE', `${base}/{}`, (call) => {
      const queue = find(call);
      if (queue.consumers.length > 0) throw new ApiRefusal(400, 11_005, 'the queue still has a consumer');
      account.queues.delete(queue.queue_name);
      return { result: null };
    }),
    route('POST', `${base}/{}/consumers`, (call) => {
      const queue = find(call);
      if (queue.consumers.length > 0)
        throw new ApiRefusal(400, 11_004, `Queue '${queue.queue_name}' already has a consumer.`);
      const consumer = { consumer_id: randomUUID().replaceAll('-', ''), ...readConsumer(call) };
      queue.consumers.push(consumer);
      return { result: consumer };
    }),
    route('PUT', `${base}/{}/consumers/{}`, (call) => {
      const consumer = find(call).consumers.find(({ consumer_id: id }) => id === segment(call, 1));
      if (consumer === undefined) throw new ApiRefusal(404, 11_006, 'no such consumer');
      Object.assign(consumer, readConsumer(call));
      return { result: consumer };
    }),
    route('DELETE', `${base}/{}/consumers/{}`, (call) => {
      const queue = find(call);
      queue.consumers = queue.consumers.filter(({ consumer_id: id }) => id !== segment(call, 1));
      return { result: null };
    }),
  ];
}
