/** Finds the provider of an endpoint and its properties. Only the table names providers. */
import { PROVIDER_TABLE, type ProviderProfile } from './provider-table.ts';

/** The first row whose pattern matches the host. The last row matches every host. */
export function profileForHost(hostname: string): ProviderProfile {
  const host = hostname.toLowerCase();
  const profile = PROVIDER_TABLE.find((row) => row.host === null || row.host.test(host));
  if (!profile) throw new Error('the last row of the table of providers must match every host');
  return profile;
}

/** The region in the host name, for providers whose host names contain it. */
export function regionInHost({ host }: ProviderProfile, hostname: string): string | undefined {
  return host?.exec(hostname.toLowerCase())?.groups?.['region'];
}

/** Whether the provider has a storage class. True when its classes are unknown: then the provider decides. */
export function checkStorageClass(
  { storageClasses }: Pick<ProviderProfile, 'storageClasses'>,
  storageClass: string,
): { ok: true } | { ok: false; known: string[] } {
  if (storageClasses === null || storageClasses.includes(storageClass)) return { ok: true };
  return { ok: false, known: [...storageClasses] };
}
