/** The URL under which a downloader reaches the Worker. */
import type { Config } from './config.ts';
import { isMemberSlot } from './contract/downloader/slot-names.ts';

/**
 * A plain-http host that the container class answers, so that control calls and parts stay inside the platform.
 * `.internal` is reserved for private use, so no host on the internet can have this name.
 */
export const CONTROL_HOST = 'control.internal';

/**
 * Base of `/internal` for the downloader of a slot: PUBLIC_URL for a fleet member; for other slots with DOWNLOADER_URL
 * an URL of the Worker, otherwise CONTROL_HOST. Without a trailing slash. Every URL that a downloader gets begins with it.
 */
export function controlUrl(
  config: Pick<Config, 'PUBLIC_URL' | 'CONTROL_URL' | 'DOWNLOADER_URL'>,
  slot: string | null,
): string {
  if (slot !== null && isMemberSlot(slot)) return publicControlUrl(config);
  if (config.DOWNLOADER_URL === undefined) return `http://${CONTROL_HOST}/internal`;
  return config.CONTROL_URL === undefined ? publicControlUrl(config) : `${config.CONTROL_URL}/internal`;
}

function publicControlUrl(config: Pick<Config, 'PUBLIC_URL'>): string {
  return `${config.PUBLIC_URL}/internal`;
}
