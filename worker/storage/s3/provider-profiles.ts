/** Which provider an endpoint is, and what is known of it. Nothing outside the table knows a provider by name. */
import { PROVIDER_TABLE, type ProviderProfile } from './provider-table.ts';

/** The first row whose pattern fits a host; the last one fits everything. */
export function profileForHost(hostname: string): ProviderProfile {
  const host = hostname.toLowerCase();
  const profile = PROVIDER_TABLE.find((row) => row.host === null || row.host.test(host));
  if (!profile) throw new Error('the table of providers has no last row');
  return profile;
}

/** The region that a host names, where the provider's hosts do. */
export function regionInHost({ host }: ProviderProfile, hostname: string): string | undefined {
  return host?.exec(hostname.toLowerCase())?.groups?.['region'];
}

/** Whether the provider is known to have a storage class: a known one tells which it has, an unknown one is asked. */
export function checkStorageClass(
  { storageClasses }: Pick<ProviderProfile, 'storageClasses'>,
  storageClass: string,
): { ok: true } | { ok: false; known: string[] } {
  if (storageClasses === null || storageClasses.includes(storageClass)) return { ok: true };
  return { ok: false, known: [...storageClasses] };
}
