/** The paths of the pages about webhooks. */
export const WEBHOOKS_PATH = '/dashboard/webhooks';

export const pathOfEndpoint = (id: string): string => `${WEBHOOKS_PATH}/${id}`;
