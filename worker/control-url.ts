/** The URL under which a downloader reaches the Worker. */
import type { Config } from './config.ts';

/**
 * A plain-http host that the container class answers, so that control calls and parts stay inside the platform.
 * `.internal` is reserved for private use, so no host on the internet can have this name.
 */
export const CONTROL_HOST = 'control.internal';

/** Base of `/internal` in a command: the public URL with DOWNLOADER_URL, otherwise CONTROL_HOST. Without a trailing slash. */
export function controlUrl(config: Pick<Config, 'PUBLIC_URL' | 'DOWNLOADER_URL'>): string {
  return config.DOWNLOADER_URL === undefined ? `http://${CONTROL_HOST}/internal` : publicControlUrl(config);
}

/** Base of `/internal` for a downloader anywhere on the internet. */
export function publicControlUrl(config: Pick<Config, 'PUBLIC_URL'>): string {
  return `${config.PUBLIC_URL}/internal`;
}
