/** One bucket as requests address it, and the URLs of its objects. Pure. */
import type { PartDigest } from '../../contract/downloader/upload-plan.ts';
import type { DestinationRow } from '../../db/rows.ts';
import { ownValue } from '../../own-value.ts';
import { encodeKey, encodeRfc3986 } from './encode-key.ts';
import { objectHeaders, type ObjectHeaders, type ObjectSettings } from './object-headers.ts';
import { profileForHost, regionInHost } from './provider-profiles.ts';
import type { ProviderProfile } from './provider-table.ts';

/** Where a bucket is. */
export interface BucketPlace {
  /** Scheme, host and port; a path only where buckets stand below one. */
  endpoint: URL;
  bucket: string;
  addressing: 'virtual' | 'path';
}

export interface S3Target extends BucketPlace {
  /** The region in signatures. */
  region: string;
  profile: ProviderProfile;
  /** How parts of new uploads are checked. */
  digest: PartDigest;
  /** Optional headers of new objects. */
  object: ObjectHeaders;
  /** Twelve digits; requests to a bucket of anybody else are refused. */
  expectedBucketOwner?: string | undefined;
  /** Whether an upload has shown that region and headers are right: only then may somebody send who cannot correct them. */
  isProven: boolean;
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

/** A row of `destinations`, or as much of it as there is before it is saved. */
export type TargetSettings = Pick<DestinationRow, 'endpoint' | 'region' | 'bucket'> &
  Partial<Pick<DestinationRow, 'addressing' | 'expectedBucketOwner' | 'learned'>> &
  ObjectSettings;

export interface S3Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

/** What a request changes of the settings. */
export interface TargetChoice {
  bucket?: string | undefined;
  storageClass?: string | undefined;
}

/** A bucket that a wildcard certificate covers as one label; with dots it is not (AWS, VirtualHosting). */
const DNS_LABEL = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;
const DNS_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** The endpoint of a destination; without one, or with Amazon's global one, it is Amazon's of that region. */
export function endpointOf(settings: { endpoint: string | null; region: string; bucket?: string }): URL {
  const { region, bucket } = settings;
  const endpoint = settings.endpoint === null ? null : withoutBucket(new URL(settings.endpoint), bucket);
  if (endpoint && endpoint.host !== 's3.amazonaws.com') return endpoint;
  return new URL(`https://s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`);
}

/** Consoles show endpoints with the bucket in front: where the rest is a provider's host, the bucket is taken off. */
function withoutBucket(endpoint: URL, bucket: string | undefined): URL {
  if (bucket === undefined || !endpoint.host.startsWith(`${bucket}.`)) return endpoint;
  const rest = new URL(`${endpoint.protocol}//${endpoint.host.slice(bucket.length + 1)}`);
  return profileForHost(rest.hostname).host === null ? endpoint : rest;
}

/** A target from settings and decrypted credentials, with what the provider has taught before. */
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
    digest: learned?.checksCrc32 ? 'crc32' : profile.digest,
    object: objectHeaders({ ...settings, storageClass }, profile, learned?.unsupportedHeaders ?? []),
    isProven: learnedRegion !== undefined,
    ...(expectedBucketOwner && { expectedBucketOwner }),
    ...credentials,
  };
  return learnedRegion === undefined ? target : inRegion(target, learnedRegion);
}

/** Where the settings' bucket, or another one there, is: no credentials are needed to name an object. */
export function bucketPlace(settings: TargetSettings, bucket: string): BucketPlace {
  return s3Target(settings, { accessKeyId: '', secretAccessKey: '' }, { bucket });
}

/** The same bucket in another region. Where hosts name the region, the host moves with it. */
export function inRegion(target: S3Target, region: string): S3Target {
  const { profile, endpoint } = target;
  const old = regionInHost(profile, endpoint.hostname);
  if (old === undefined) return { ...target, region };
  const at = endpoint.host.lastIndexOf(old);
  const host = endpoint.host.slice(0, at) + region + endpoint.host.slice(at + old.length);
  return { ...target, region, endpoint: new URL(`${endpoint.protocol}//${host}`) };
}

/** The URL of an object, percent-encoded as SigV4 canonicalises it. */
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

/** A host that names a region is that region's and no other's, whatever was typed in beside it. */
function regionOf(profile: ProviderProfile, endpoint: URL, configured: string): string {
  if (profile.region === 'auto') return 'auto';
  return (profile.region === 'host' && regionInHost(profile, endpoint.hostname)) || configured;
}

/** By rule, or as the settings say; a name that is no host name, and an address that is no name, cannot be combined. */
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
