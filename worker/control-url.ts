/** The URL under which a downloader reaches the Worker. */
import type { Config } from './config.ts';

/**
 * A plain-http host that the container class answers, so that control calls and parts stay inside the platform.
 * `.internal` is reserved for private use, so no host on the internet can have this name.
 */
export const CONTROL_HOST = 'control.internal';

/** Base of `/internal` in a command: with DOWNLOADER_URL an URL of the Worker, otherwise CONTROL_HOST. Without a trailing slash. */
export function controlUrl(config: Pick<Config, 'PUBLIC_URL' | 'CONTROL_URL' | 'DOWNLOADER_URL'>): string {
  if (config.DOWNLOADER_URL === undefined) return `http://${CONTROL_HOST}/internal`;
  return config.CONTROL_URL === undefined ? publicControlUrl(config) : `${config.CONTROL_URL}/internal`;
}

/** Base of `/internal` for a downloader anywhere on the internet. */
export function publicControlUrl(config: Pick<Config, 'PUBLIC_URL'>): string {
  return `${config.PUBLIC_URL}/internal`;
}
