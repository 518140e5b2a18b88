import { DurableObject } from 'cloudflare:workers';

export class DownloaderContainer extends DurableObject {}

export default {
  fetch: () => new Response('starting'),
};
