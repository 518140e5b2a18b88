/** Converts error answers of S3 servers to our codes. Only the short `<Code>` of an answer is passed on, never its text. */
import { XMLParser } from 'fast-xml-parser';
import type { Code } from '../../contract/codes.ts';
import { codeOfS3Code } from '../../contract/s3-error-codes.ts';
import { AppError } from '../../errors.ts';

/** Keeps all values as text, since an upload id may consist of digits. Servers in Go write quotes as numeric entities. */
const parser = new XMLParser({ parseTagValue: false, ignoreDeclaration: true, htmlEntities: true });

/** The parts of an error answer that corrections need. `text` comes from the provider and must not be passed on. */
export interface S3Refusal {
  status: number;
  s3Code: string | undefined;
  /** The region of the bucket, if the answer names it. */
  region: string | undefined;
  /** True for an S3 error document or an empty body. Anything else, such as HTML, does not come from an S3 server. */
  isS3: boolean;
  /** The host that the answer points to. Only its region is read; no request goes there. */
  endpoint: string | undefined;
  text: string;
}

/** The document as nested objects; null when the text is not XML. */
export function parseXml(text: string): Record<string, unknown> | null {
  try {
    const root: unknown = parser.parse(text.trim());
    return isRecord(root) ? root : null;
  } catch {
    return null;
  }
}

/** The text of the child `name` of the root `element`; undefined when it is missing or empty. */
export function textIn(root: Record<string, unknown> | null, element: string, name: string) {
  const parent = root?.[element];
  const value = isRecord(parent) ? parent[name] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The error of an answer; null for a success. CompleteMultipartUpload can send an error document with status 200. */
export function s3Error(
  status: number,
  headers: Headers,
  body: string,
): { error: AppError; isTransient: boolean; refusal: S3Refusal } | null {
  const root = parseXml(body);
  if (status < 300 && !(root && 'Error' in root)) return null;
  const isS3 = body.trim() === '' || (root !== null && 'Error' in root);
  const refusal = { ...readRefusal(status, headers, root), isS3 };
  const { s3Code } = refusal;
  const isTransient =
    codeOfS3Code(s3Code) === 'storage_unavailable' || (status >= 300 && isTransientStatus(status));
  const isRedirect = status >= 300 && status < 400;
  const detail = `HTTP ${status}${s3Code ? `, ${s3Code}` : isRedirect ? ', a redirect' : ''}`;
  return { error: new AppError(codeOf(refusal, isTransient), detail), isTransient, refusal };
}

function readRefusal(
  status: number,
  headers: Headers,
  root: Record<string, unknown> | null,
): Omit<S3Refusal, 'isS3'> {
  const text = ['Message', 'Header', 'ArgumentName', 'StorageClassRequested']
    .map((name) => textIn(root, 'Error', name) ?? '')
    .join(' ');
  return {
    status,
    s3Code: knownShape(textIn(root, 'Error', 'Code')),
    region: headers.get('x-amz-bucket-region') ?? textIn(root, 'Error', 'Region'),
    endpoint: textIn(root, 'Error', 'Endpoint'),
    text,
  };
}

function codeOf({ status, s3Code, text, region, isS3 }: S3Refusal, isTransient: boolean): Code {
  // B2 has no error code for this.
  if ((status === 400 || status === 501) && /storage[ -]?class/i.test(text))
    return 'storage_class_unsupported';
  const byCode = codeOfS3Code(s3Code);
  if (byCode) return byCode;
  if (isTransient) return 'storage_unavailable';
  // The answer to a HEAD has no body, so only the header names the region. Any other redirect leads away from S3.
  if (region !== undefined && (status === 301 || status === 307 || status === 400))
    return 'storage_region_mismatch';
  if ((status >= 300 && status < 400) || !isS3) return 'storage_not_s3';
  if (status === 412) return 'storage_object_exists';
  if (status === 401) return 'storage_credentials_invalid';
  return status === 403 ? 'storage_access_denied' : 'storage_rejected';
}

/** 501 is not temporary: the server does not implement a header of the request. */
function isTransientStatus(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501);
}

/** The code if it is a short word. Anything else is text of the provider. */
function knownShape(s3Code: string | undefined): string | undefined {
  return s3Code !== undefined && /^[A-Za-z0-9]{1,60}$/.test(s3Code) ? s3Code : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
