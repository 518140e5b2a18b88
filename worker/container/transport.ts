/** The two ways to a downloader. */
import { isPageSlot, slotNumber, type FleetSize } from '../contract/downloader/slot-names.ts';

/** Sends a request to the downloader of a slot; throws when no answer came. */
export type Transport = (slot: string, path: string, init: RequestInit) => Promise<Response>;

/**
 * Downloaders behind DOWNLOADER_URL: slot-0 is at the first URL, slot-1 at the second, then those for pages, and so on from the
 * start again. Redirects are answers, never followed with a signature.
 */
export function urlTransport(
  baseUrls: readonly string[],
  { DOWNLOADER_SLOTS }: Pick<FleetSize, 'DOWNLOADER_SLOTS'>,
  fetcher: typeof fetch,
): Transport {
  return async (slot, path, init) => {
    const place = slotNumber(slot) + (isPageSlot(slot) ? DOWNLOADER_SLOTS : 0);
    const baseUrl = baseUrls[place % baseUrls.length];
    return fetcher(`${baseUrl}${path}`, { ...init, redirect: 'manual' });
  };
}

/** One container for each slot, found by its name; the host of the URL is not looked at. Pages have a class of their own. */
export function containerTransport(files: DurableObjectNamespace, pages: DurableObjectNamespace): Transport {
  return async (slot, path, init) => {
    slotNumber(slot);
    const namespace = isPageSlot(slot) ? pages : files;
    return namespace.get(namespace.idFromName(slot)).fetch(new Request(`http://downloader${path}`, init));
  };
}
