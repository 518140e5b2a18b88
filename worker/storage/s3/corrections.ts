/** What a refusal teaches: the bucket's region, or a header that the provider does not take. Pure. */
import type { S3Refusal } from './error.ts';
import { regionInHost } from './provider-profiles.ts';
import type { S3Target } from './target.ts';

/** What the answers to a successful request taught about its bucket. */
export interface Lesson {
  /** The region that the request was signed for in the end. */
  region: string;
  /** True when the settings name another region. */
  wasWrong: boolean;
  /** Names of the optional headers that the provider refused. */
  droppedHeaders: string[];
}

/** A region becomes part of a host name where hosts name it, so it is nothing but a name. */
const REGION = /^[a-z0-9][a-z0-9-]{0,31}$/;
const UNSUPPORTED = /unsupported|not supported|not implemented|not allow/i;
/** How providers speak of headers that they do not call by name. */
const SPOKEN: Record<string, RegExp> = {
  'x-amz-acl': /\bacls?\b/i,
  'x-amz-tagging': /\btag(?:s|ging)\b/i,
  'x-amz-server-side-encryption': /\bencrypt/i,
};

/** The region to sign for instead; null when the refusal names none, or the one that was signed for. */
export function correctedRegion({ profile, region: signed }: S3Target, refusal: S3Refusal): string | null {
  const named = refusal.region ?? (refusal.endpoint && regionInHost(profile, refusal.endpoint));
  const region = named?.toLowerCase();
  return region !== undefined && region !== signed && REGION.test(region) ? region : null;
}

/** The header of `optional` to go on without; null when the refusal is about something else. */
export function refusedHeader(optional: Record<string, string>, refusal: S3Refusal): string | null {
  const names = Object.keys(optional);
  const { status, s3Code, text } = refusal;
  const named =
    names.find((name) => text.toLowerCase().includes(name)) ??
    names.find((name) => SPOKEN[name]?.test(text)) ??
    null;
  if (s3Code === 'AccessControlListNotSupported') return named;
  if (status === 501 || s3Code === 'NotImplemented') return named ?? names[0] ?? null;
  return status === 400 && UNSUPPORTED.test(text) ? named : null;
}
