/** Presigned links: anybody who has one can read one object of a customer's bucket for a limited time. */
import { AwsV4Signer } from 'aws4fetch';
import { signerOptions } from './client.ts';
import { objectUrl, type S3Target } from './target.ts';

/** A link that is valid for `seconds` (S3 allows up to 604,800) from `now`, in Unix milliseconds. */
export async function presignedGet(
  target: S3Target,
  key: string,
  { now, seconds }: { now: number; seconds: number },
): Promise<string> {
  const signer = new AwsV4Signer({
    ...signerOptions(target, now),
    method: 'GET',
    url: objectUrl(target, key, { 'X-Amz-Expires': `${seconds}` }),
    signQuery: true,
  });
  return (await signer.sign()).url.href;
}
