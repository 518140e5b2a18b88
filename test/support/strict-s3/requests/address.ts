/** Reads bucket and key of a request, from the path or the virtual host. */
import type { WireRequest } from './wire-request.ts';

export type Address = { style: 'path' | 'virtual'; bucket: string; key: string };

/** `<bucket>.<base>` as Host names the bucket; any other host is path-style. Hosts are compared without the port. */
export function readAddress(request: WireRequest, virtualHostBase: string): Address {
  const host = (request.headers.get('host') ?? '').replace(/:\d+$/, '').toLowerCase();
  const suffix = `.${virtualHostBase}`;
  const path = request.path.slice(1);
  if (host.endsWith(suffix)) return { style: 'virtual', bucket: host.slice(0, -suffix.length), key: path };
  const slash = path.indexOf('/');
  const [bucket, key] = slash < 0 ? [path, ''] : [path.slice(0, slash), path.slice(slash + 1)];
  return { style: 'path', bucket, key };
}
