import type { MetadataSubject } from '../views/metadata-view.ts';

/** What a request that started a job is told, in the words of Importly. */
export function queuedMessage(
  subject: 'Import' | MetadataSubject,
  { webhookUrl }: { webhookUrl?: string | undefined },
): string {
  const queued = `${subject} request queued.`;
  return webhookUrl === undefined ? queued : `${queued} You will receive a webhook when it's complete.`;
}
