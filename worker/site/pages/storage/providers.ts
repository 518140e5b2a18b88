/** What the form fills in for each provider. Only the table of providers knows them. */
import { PROVIDER_TABLE, type ProviderProfile } from '../../../storage/s3/provider-table.ts';
import type { Typed } from '../../forms.ts';

/** The providers, the general one last. */
export const PROVIDERS: readonly ProviderProfile[] = PROVIDER_TABLE;

/** What people call it. */
export function labelOf({ name, host }: ProviderProfile): string {
  return host === null ? 'MinIO, Ceph or another' : name;
}

/** Whether its keys get their permissions from a policy like that of Amazon S3. */
export function hasPolicy({ name, host }: ProviderProfile): boolean {
  return name === 'Amazon S3' || host === null;
}

/** Providers with a guide of their own. */
const GUIDES: Record<string, string> = {
  'Amazon S3': 'aws',
  'Cloudflare R2': 'cloudflare-r2',
  'Backblaze B2': 'backblaze-b2',
  'DigitalOcean Spaces': 'digitalocean-spaces',
  Wasabi: 'wasabi',
  Scaleway: 'scaleway',
};

/** The guide that says how to make a bucket and a key at the provider. */
export function guideOf({ name }: ProviderProfile): string {
  return `/docs/providers/${GUIDES[name] ?? 'other'}`;
}

/** The profile with this name; Amazon S3, the first one, for an unknown name. */
export function findProvider(name: string | undefined): ProviderProfile {
  const [first] = PROVIDERS;
  const found = PROVIDERS.find((profile) => profile.name === name) ?? first;
  if (!found) throw new Error('the table of providers is empty');
  return found;
}

/** The endpoint in a region. `[account-id]` stays: only the user knows it. */
export function endpointIn({ endpointPattern }: ProviderProfile, region: string): string {
  return endpointPattern?.replace('[region]', region) ?? '';
}

/** The form after a provider was chosen: endpoint and region are those of the provider, everything else is as it was typed. */
export function fillIn(typed: Typed, profile: ProviderProfile): Typed {
  const region = profile.exampleRegion;
  return {
    ...typed,
    provider: profile.name,
    region,
    endpoint: endpointIn(profile, region),
    storageClass: '',
  };
}
