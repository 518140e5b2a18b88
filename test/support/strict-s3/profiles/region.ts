/** The errors that providers send for a bucket in another region. */
import type { WrongRegionAnswer } from './profiles.ts';
import { S3Error } from '../s3-error.ts';

export type WrongRegion = {
  answer: WrongRegionAnswer;
  signedRegion: string;
  bucketRegion: string;
  bucket: string;
  way: 'header' | 'query';
  /** Base and target of this request: a redirect leads to the stand-in itself, never to a host on the internet. */
  endpoint: string;
  target: string;
};

function malformed(input: WrongRegion): S3Error {
  const { signedRegion, bucketRegion } = input;
  const reason = `the region '${signedRegion}' is wrong; expecting '${bucketRegion}'`;
  const extra = { detail: { Region: bucketRegion }, headers: { 'x-amz-bucket-region': bucketRegion } };
  return input.way === 'header'
    ? new S3Error('AuthorizationHeaderMalformed', {
        ...extra,
        message: `The authorization header is malformed; ${reason}`,
      })
    : new S3Error('AuthorizationQueryParametersError', {
        ...extra,
        message: `Error parsing the X-Amz-Credential parameter; ${reason}`,
      });
}

/** The refusal for a signature made for a wrong region. */
export function wrongRegionError(input: WrongRegion): S3Error {
  const headers = { 'x-amz-bucket-region': input.bucketRegion };
  const detail = { Endpoint: new URL(input.endpoint).host, Bucket: input.bucket };
  switch (input.answer) {
    case 'AuthorizationHeaderMalformed':
      return malformed(input);
    case 'PermanentRedirect':
      return new S3Error('PermanentRedirect', { detail, headers });
    case 'TemporaryRedirect':
      return new S3Error('TemporaryRedirect', {
        detail,
        headers: { ...headers, location: input.endpoint + input.target },
      });
    case 'InvalidRegionName': {
      const names = 'wnam, enam, weur, eeur, apac, auto';
      const message = `The region name '${input.signedRegion}' is not valid. Must be one of: ${names}`;
      return new S3Error('InvalidRegionName', { message });
    }
    case 'SignatureDoesNotMatch':
      return new S3Error('SignatureDoesNotMatch');
  }
}
