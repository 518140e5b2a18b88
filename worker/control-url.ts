/** The URL under which a downloader reaches the Worker. */
import type { Config } from './config.ts';

/**
 * Plain-http host that the container class answers itself, so that control calls and parts never leave the platform.
 * `.internal` is reserved for private use: nothing on the internet can own it.
 */
export const CONTROL_HOST = 'control.internal';

/** Base of `/internal` for a command: the public one for a downloader by URL, the container's own host otherwise. No trailing slash. */
export function controlUrl(config: Pick<Config, 'PUBLIC_URL' | 'DOWNLOADER_URL'>): string {
  return config.DOWNLOADER_URL === undefined ? `http://${CONTROL_HOST}/internal` : publicControlUrl(config);
}

/** Base of `/internal` for a downloader anywhere on the internet. */
export function publicControlUrl(config: Pick<Config, 'PUBLIC_URL'>): string {
  return `${config.PUBLIC_URL}/internal`;
}
