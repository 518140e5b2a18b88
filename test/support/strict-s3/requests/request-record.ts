/** What a test sees of one request: which operation it was, what came in, what was answered. Imports nothing. */

export type Operation =
  | 'PutObject'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload'
  | 'GetObject'
  | 'HeadObject'
  | 'DeleteObject'
  | 'HeadBucket'
  | 'Preflight'
  /** Signed and checked, but not played: answered 501. */
  | 'Unknown';

export type RequestRecord = {
  method: string;
  path: string;
  operation: Operation;
  /** Decoded query and lower-cased headers, without signatures, credentials and tokens. */
  query: Record<string, string>;
  headers: Record<string, string>;
  signedBy: 'header' | 'query' | 'anonymous';
  accessKeyId: string | null;
  bodySizeBytes: number;
  /** Null while under way, and for good when the connection was cut before an answer. */
  status: number | null;
  /** S3's code of a refusal. */
  code: string | null;
};
