/** One bucket as requests address it, and the URLs of its objects. Pure. */
import { profileForHost, type ProviderProfile } from './provider-profiles.ts';

export interface S3Target {
  /** Scheme, host and port only. */
  endpoint: URL;
  bucket: string;
  /** The region in signatures. */
  region: string;
  profile: ProviderProfile;
  accessKeyId: string;
  secretAccessKey: string;
}

/** A bucket that a wildcard certificate covers as one label; with dots it is not (AWS, VirtualHosting). */
const DNS_LABEL = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;

/** The endpoint of a destination; without one it is Amazon's of that region. */
export function endpointOf(settings: { endpoint: string | null; region: string }): URL {
  if (settings.endpoint !== null) return new URL(settings.endpoint);
  const suffix = settings.region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return new URL(`https://s3.${settings.region}.${suffix}`);
}

/** A target from settings and decrypted credentials. */
export function s3Target(
  settings: { endpoint: string | null; region: string; bucket: string },
  credentials: { accessKeyId: string; secretAccessKey: string },
): S3Target {
  const endpoint = endpointOf(settings);
  const profile = profileForHost(endpoint.hostname);
  const region = profile.fixedRegion ?? settings.region;
  return { endpoint, bucket: settings.bucket, region, profile, ...credentials };
}

/** The URL of an object, percent-encoded as SigV4 canonicalises it. */
export function objectUrl(target: S3Target, key: string, query: Record<string, string> = {}): string {
  const { endpoint, bucket } = target;
  const isVirtual = target.profile.addressing === 'virtual' && DNS_LABEL.test(bucket);
  const host = isVirtual ? `${bucket}.${endpoint.host}` : endpoint.host;
  const path = isVirtual ? encodeKey(key) : `${encodeRfc3986(bucket)}/${encodeKey(key)}`;
  const search = Object.entries(query).map(
    ([name, value]) => `${encodeRfc3986(name)}=${encodeRfc3986(value)}`,
  );
  return `${endpoint.protocol}//${host}/${path}${search.length > 0 ? `?${search.join('&')}` : ''}`;
}

/** Encodes each segment. Throws for `.` and `..`: URL parsers collapse them, encoded or not, into another object's path. */
export function encodeKey(key: string): string {
  return key
    .split('/')
    .map((segment) => {
      if (segment === '.' || segment === '..') throw new Error('a key has a dot segment');
      return encodeRfc3986(segment);
    })
    .join('/');
}

/** `encodeURIComponent` leaves !'()* as they are; SigV4 does not. */
function encodeRfc3986(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
