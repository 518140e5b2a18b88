/** Which optional header each provider takes: storage class, ACL, encryption, tags, checksums, owner. */
import type { HeaderRule, HeaderRules, Refusal } from './header-rules.ts';

const ANY: HeaderRule = { takes: 'any' };
const DROPPED: HeaderRule = { takes: 'dropped' };

const CLASS = 'x-amz-storage-class';
const ACL = 'x-amz-acl';
const SSE = 'x-amz-server-side-encryption';
const SSE_ALL = 'x-amz-server-side-encryption*';
const TAGS = 'x-amz-tagging';
const CHECKSUMS = 'x-amz-checksum-*';
const OWNER = 'x-amz-expected-bucket-owner';
const TRAILERS: HeaderRules = [
  ['x-amz-trailer', ANY],
  ['x-amz-decoded-content-length', ANY],
];

const invalidClass: Refusal = {
  code: 'InvalidStorageClass',
  sentence: () => 'The storage class you specified is not valid',
};
/** The words of R2, also used for features that a provider does not document. */
const notImplemented: Refusal = {
  code: 'NotImplemented',
  sentence: (header, value) => `Header '${header}' with value '${value}' not implemented`,
};
const b2Unsupported: Refusal = {
  code: 'InvalidArgument',
  sentence: (header) => `Unsupported header '${header}' received for this API call.`,
};
const b2Class: Refusal = {
  code: 'NotImplemented',
  sentence: (_, value) => `Backblaze only supports the 'STANDARD' storage class, and not ${value}`,
};

function only(values: readonly string[], otherwise: Refusal): HeaderRule {
  return { takes: values, otherwise };
}

function refused(otherwise: Refusal): HeaderRule {
  return { takes: 'none', otherwise };
}

const CANNED_ACLS = only(
  [
    'private',
    'public-read',
    'public-read-write',
    'authenticated-read',
    'aws-exec-read',
    'bucket-owner-read',
    'bucket-owner-full-control',
  ],
  { code: 'InvalidArgument', sentence: () => 'Invalid canned ACL' },
);
const AWS_CLASSES = [
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER',
  'DEEP_ARCHIVE',
  'GLACIER_IR',
];
const AWS_SSE = only(['AES256', 'aws:kms', 'aws:kms:dsse'], {
  code: 'InvalidArgument',
  sentence: () => 'The encryption method specified is not supported',
});

export const AWS_HEADERS: HeaderRules = [
  [CLASS, only(AWS_CLASSES, invalidClass)],
  [ACL, CANNED_ACLS],
  [SSE, AWS_SSE],
  [SSE_ALL, ANY],
  [TAGS, ANY],
  [CHECKSUMS, ANY],
  ...TRAILERS,
  [OWNER, ANY],
];

/** CRC-32 can be composite only. The full-object form exists only for CRC-64/NVME (R2, "Checksum Types"). */
export const R2_HEADERS: HeaderRules = [
  [CLASS, only(['STANDARD', 'STANDARD_IA'], invalidClass)],
  [ACL, refused(notImplemented)],
  [SSE_ALL, refused(notImplemented)],
  [TAGS, refused(notImplemented)],
  ['x-amz-checksum-type', only(['COMPOSITE'], notImplemented)],
  [CHECKSUMS, ANY],
  [OWNER, refused(notImplemented)],
];

/** The ACL must equal that of the bucket, which is private here. */
export const B2_HEADERS: HeaderRules = [
  [CLASS, only(['STANDARD'], b2Class)],
  [ACL, only(['private'], { code: 'InvalidArgument', sentence: () => 'Unsupported value for canned acl' })],
  [SSE, only(['AES256'], b2Unsupported)],
  ['x-amz-*', refused(b2Unsupported)],
];

export const GCS_HEADERS: HeaderRules = [
  [CLASS, only(['STANDARD', 'NEARLINE', 'COLDLINE', 'ARCHIVE'], invalidClass)],
  [ACL, CANNED_ACLS],
  ['x-amz-*', refused({ code: 'InvalidArgument', sentence: (header) => `Unsupported header: ${header}` })],
];

export const SCALEWAY_HEADERS: HeaderRules = [
  [CLASS, only(['STANDARD', 'ONEZONE_IA', 'GLACIER'], invalidClass)],
  [ACL, CANNED_ACLS],
  ['x-amz-*', refused(notImplemented)],
];

export const MINIO_HEADERS: HeaderRules = [
  [
    CLASS,
    only(['STANDARD', 'REDUCED_REDUNDANCY'], {
      code: 'InvalidStorageClass',
      sentence: () => 'Invalid storage class.',
    }),
  ],
  [ACL, DROPPED],
  [SSE, only(['AES256', 'aws:kms'], notImplemented)],
  [SSE_ALL, ANY],
  [TAGS, ANY],
  [CHECKSUMS, ANY],
  ...TRAILERS,
  [OWNER, DROPPED],
];

export const DO_HEADERS: HeaderRules = [
  [CLASS, only(['STANDARD'], invalidClass)],
  [ACL, only(['private', 'public-read'], { code: 'InvalidArgument', sentence: () => 'Invalid canned ACL' })],
  ['x-amz-*', refused(notImplemented)],
];

/** Checksums and the expected owner are newer than 16.2, which ignores headers that it does not know. */
export const CEPH_HEADERS: HeaderRules = [
  [CLASS, only(['STANDARD'], invalidClass)],
  [ACL, CANNED_ACLS],
  [TAGS, ANY],
  [CHECKSUMS, DROPPED],
  [OWNER, DROPPED],
  ['x-amz-*', refused(notImplemented)],
];
