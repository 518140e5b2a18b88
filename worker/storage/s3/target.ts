/** A bucket with everything that requests to it need, and the URLs of its objects. Pure. */
import type { PartDigest } from '../../contract/downloader/upload-plan.ts';
import type { LearnedFacts } from '../../db/destination-columns.ts';
import type { DestinationRow } from '../../db/rows.ts';
import { ownValue } from '../../own-value.ts';
import { encodeKey, encodeRfc3986 } from './encode-key.ts';
import { objectHeaders, type ObjectHeaders, type ObjectSettings } from './object-headers.ts';
import { profileForHost, regionInHost } from './provider-profiles.ts';
import type { ProviderProfile } from './provider-table.ts';

/** The location of a bucket. */
export interface BucketPlace {
  /** Scheme, host and port. It has a path only if the buckets are below one. */
  endpoint: URL;
  bucket: string;
  addressing: 'virtual' | 'path';
}

export interface S3Target extends BucketPlace {
  /** The region in signatures. */
  region: string;
  profile: ProviderProfile;
  /** The digest that parts of new uploads are verified with. */
  digest: PartDigest;
  /** Optional headers of new objects. */
  object: ObjectHeaders;
  /** Account id of twelve digits. The provider refuses requests to a bucket of another account. */
  expectedBucketOwner?: string | undefined;
  /**
   * True after an upload succeeded with this region and these headers. Single PUTs need this, because the downloader,
   * which sends them, cannot correct region or headers.
   */
  isProven: boolean;
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

/** The columns of `destinations` that requests need. Settings that are not saved yet lack some. */
export type TargetSettings = Pick<DestinationRow, 'endpoint' | 'region' | 'bucket'> &
  Partial<Pick<DestinationRow, 'addressing' | 'expectedBucketOwner' | 'learned'>> &
  ObjectSettings;

export interface S3Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

/** What an import request can override. */
export interface TargetChoice {
  bucket?: string | undefined;
  storageClass?: string | undefined;
}

/** A bucket name that a wildcard certificate covers: one label without dots (AWS, VirtualHosting). */
const DNS_LABEL = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;
const DNS_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** The endpoint of a destination. Without one, or with the global one of Amazon, it is the endpoint of Amazon in the region. */
export function endpointOf(settings: { endpoint: string | null; region: string; bucket?: string }): URL {
  const { region, bucket } = settings;
  const endpoint = settings.endpoint === null ? null : withoutBucket(new URL(settings.endpoint), bucket);
  if (endpoint && endpoint.host !== 's3.amazonaws.com') return endpoint;
  return new URL(`https://s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`);
}

/** Consoles show endpoints that start with the bucket. If the rest is the host of a known provider, removes the bucket. */
function withoutBucket(endpoint: URL, bucket: string | undefined): URL {
  if (bucket === undefined || !endpoint.host.startsWith(`${bucket}.`)) return endpoint;
  const rest = new URL(`${endpoint.protocol}//${endpoint.host.slice(bucket.length + 1)}`);
  return profileForHost(rest.hostname).host === null ? endpoint : rest;
}

/** Builds a target from settings, learned facts and decrypted credentials. */
export function s3Target(
  settings: TargetSettings,
  credentials: S3Credentials,
  choice: TargetChoice = {},
): S3Target {
  const { learned, expectedBucketOwner } = settings;
  const endpoint = endpointOf(settings);
  const profile = profileForHost(endpoint.hostname);
  const bucket = choice.bucket ?? settings.bucket;
  const learnedRegion = ownValue(learned?.regions, bucket);
  const storageClass = choice.storageClass ?? settings.storageClass ?? null;
  const target: S3Target = {
    endpoint,
    bucket,
    region: regionOf(profile, endpoint, settings.region),
    profile,
    addressing: addressingOf(settings.addressing ?? 'auto', profile, endpoint, bucket),
    digest: digestOf(profile, endpoint, learned ?? {}),
    object: objectHeaders({ ...settings, storageClass }, profile, learned?.unsupportedHeaders ?? []),
    isProven: learnedRegion !== undefined,
    ...(expectedBucketOwner && { expectedBucketOwner }),
    ...credentials,
  };
  return learnedRegion === undefined ? target : inRegion(target, learnedRegion);
}

/** The best digest that the provider is known to verify. Trailers are not part of the signature, so they need TLS, or a test. */
function digestOf(
  { digest }: ProviderProfile,
  { protocol }: URL,
  { checksCrc32, checksTrailers }: LearnedFacts,
): PartDigest {
  const isDocumented = digest === 'crc32-trailer' && protocol === 'https:';
  if (checksTrailers ?? isDocumented) return 'crc32-trailer';
  return checksCrc32 || digest !== 'sha256' ? 'crc32' : 'sha256';
}

/** The same target for a downloader that cannot send trailers. */
export function withoutTrailers(target: S3Target): S3Target {
  return target.digest === 'crc32-trailer' ? { ...target, digest: 'crc32' } : target;
}

/** The location of a bucket at the endpoint of the settings. Needs no credentials. */
export function bucketPlace(settings: TargetSettings, bucket: string): BucketPlace {
  return s3Target(settings, { accessKeyId: '', secretAccessKey: '' }, { bucket });
}

/** The same target in another region. If the host name contains the region, it changes too. */
export function inRegion(target: S3Target, region: string): S3Target {
  const { profile, endpoint } = target;
  const old = regionInHost(profile, endpoint.hostname);
  if (old === undefined) return { ...target, region };
  const at = endpoint.host.lastIndexOf(old);
  const host = endpoint.host.slice(0, at) + region + endpoint.host.slice(at + old.length);
  return { ...target, region, endpoint: new URL(`${endpoint.protocol}//${host}`) };
}

/** The URL of an object, percent-encoded as SigV4 requires it. */
export function objectUrl(target: BucketPlace, key: string, query: Record<string, string> = {}): string {
  const { endpoint, bucket } = target;
  const isVirtual = target.addressing === 'virtual';
  const host = isVirtual ? `${bucket}.${endpoint.host}` : endpoint.host;
  const base = endpoint.pathname.replace(/\/$/, '');
  const path = isVirtual ? encodeKey(key) : `${encodeRfc3986(bucket)}/${encodeKey(key)}`;
  const search = Object.entries(query).map(
    ([name, value]) => `${encodeRfc3986(name)}=${encodeRfc3986(value)}`,
  );
  return `${endpoint.protocol}//${host}${base}/${path}${search.length > 0 ? `?${search.join('&')}` : ''}`;
}

/** The region in the host name takes precedence over the configured region. */
function regionOf(profile: ProviderProfile, endpoint: URL, configured: string): string {
  if (profile.region === 'auto') return 'auto';
  return (profile.region === 'host' && regionInHost(profile, endpoint.hostname)) || configured;
}

/**
 * As the settings say, or by the profile. Virtual-host style needs a bucket that is a valid host name, and an endpoint that
 * is not an IP address.
 */
function addressingOf(
  setting: 'auto' | 'path' | 'virtual',
  profile: ProviderProfile,
  endpoint: URL,
  bucket: string,
): 'virtual' | 'path' {
  const isAddress = /^[\d.]+$|^\[/.test(endpoint.hostname);
  if (setting === 'virtual') return DNS_NAME.test(bucket) && !isAddress ? 'virtual' : 'path';
  if (setting === 'path') return 'path';
  return profile.addressing === 'virtual' && DNS_LABEL.test(bucket) ? 'virtual' : 'path';
}
