/** Reads corrections from a refusal: another region, or a header to leave out. Pure. */
import type { S3Refusal } from './error.ts';
import { regionInHost } from './provider-profiles.ts';
import type { S3Target } from './target.ts';

/** What the answers to a successful request taught about its bucket. */
export interface Lesson {
  /** The region that the provider accepted. */
  region: string;
  /** True when the settings name another region. */
  wasWrong: boolean;
  /** Names of the optional headers that the provider refused. */
  droppedHeaders: string[];
}

/** Some providers have the region in the host name, so only characters of names are allowed. */
const REGION = /^[a-z0-9][a-z0-9-]{0,31}$/;
const UNSUPPORTED = /unsupported|not supported|not implemented|not allow/i;
/** Words that providers use for a header instead of its name. */
const SPOKEN: Record<string, RegExp> = {
  'x-amz-acl': /\bacls?\b/i,
  'x-amz-tagging': /\btag(?:s|ging)\b/i,
  'x-amz-server-side-encryption': /\bencrypt/i,
};

/** The region to sign for instead; null when the refusal names no other region. */
export function correctedRegion({ profile, region: signed }: S3Target, refusal: S3Refusal): string | null {
  const named = refusal.region ?? (refusal.endpoint && regionInHost(profile, refusal.endpoint));
  const region = named?.toLowerCase();
  return region !== undefined && region !== signed && REGION.test(region) ? region : null;
}

/** The name of the optional header to leave out; null when the refusal has another reason. */
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
