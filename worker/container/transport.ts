/** The two ways to a downloader. */

/** Sends a request to the downloader of a slot; throws when no answer came. */
export type Transport = (slot: string, path: string, init: RequestInit) => Promise<Response>;

/**
 * Downloaders behind DOWNLOADER_URL: slot-0 is at the first URL, slot-1 at the second, and so on from the start again.
 * Redirects are answers, never followed with a signature.
 */
export function urlTransport(baseUrls: readonly string[], fetcher: typeof fetch): Transport {
  return async (slot, path, init) => {
    const baseUrl = baseUrls[numberOf(slot) % baseUrls.length];
    return fetcher(`${baseUrl}${path}`, { ...init, redirect: 'manual' });
  };
}

/** The number in `slot-<number>`; throws for the slot of a downloader that fetches its jobs and cannot be called. */
function numberOf(slot: string): number {
  const number = /^slot-(\d+)$/.exec(slot)?.[1];
  if (number === undefined) throw new Error(`${slot} fetches its jobs and takes no calls`);
  return Number(number);
}

/** One container a slot, found by its name; the host of the URL is not looked at. */
export function containerTransport(namespace: DurableObjectNamespace): Transport {
  return async (slot, path, init) => {
    numberOf(slot);
    return namespace.get(namespace.idFromName(slot)).fetch(new Request(`http://downloader${path}`, init));
  };
}
