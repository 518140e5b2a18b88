/** The two ways to a downloader. */

/** Sends a request to the downloader of a slot; throws when no answer came. */
export type Transport = (slot: string, path: string, init: RequestInit) => Promise<Response>;

/** One downloader behind DOWNLOADER_URL answers for every slot. Redirects are answers, never followed with a signature. */
export function urlTransport(baseUrl: string, fetcher: typeof fetch): Transport {
  return (_slot, path, init) => fetcher(`${baseUrl}${path}`, { ...init, redirect: 'manual' });
}

/** One container a slot, found by its name; the host of the URL is not looked at. */
export function containerTransport(namespace: DurableObjectNamespace): Transport {
  return (slot, path, init) =>
    namespace.get(namespace.idFromName(slot)).fetch(new Request(`http://downloader${path}`, init));
}
