/** What a request that started a job is told, in the words of Importly. */
export function queuedMessage(
  subject: 'Import' | 'Metadata',
  { webhookUrl }: { webhookUrl?: string | undefined },
): string {
  const queued = `${subject} request queued.`;
  return webhookUrl === undefined ? queued : `${queued} You will receive a webhook when it's complete.`;
}
