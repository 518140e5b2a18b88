import { expect, test } from 'vitest';
import { codeOfS3Code } from '../../worker/contract/s3-error-codes.ts';

test.each([
  ['ConditionalRequestConflict', 'storage_upload_lost'],
  ['PreconditionFailed', 'storage_object_exists'],
  ['SlowDown', 'storage_unavailable'],
])('the S3 error code %s means %s', (s3Code, code) => {
  expect(codeOfS3Code(s3Code)).toBe(code);
});

test.each(['constructor', '__proto__', 'toString', 'accessdenied', '', undefined])(
  'the S3 error code %s means nothing',
  (s3Code) => expect(codeOfS3Code(s3Code)).toBeUndefined(),
);
