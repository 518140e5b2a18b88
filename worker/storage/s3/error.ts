/** Answers of S3 servers turned into our codes. The provider's text is never passed on, only its short `<Code>`. */
import { XMLParser } from 'fast-xml-parser';
import type { Code } from '../../contract/codes.ts';
import { codeOfS3Code } from '../../contract/s3-error-codes.ts';
import { AppError } from '../../errors.ts';

/** Values stay text: an upload id of digits is no number. Go's servers write the quotes of an ETag as numeric entities. */
const parser = new XMLParser({ parseTagValue: false, ignoreDeclaration: true, htmlEntities: true });

/** What a refusal says, for us alone: `text` is the provider's and goes nowhere. */
export interface S3Refusal {
  status: number;
  s3Code: string | undefined;
  /** The region that it asks for. */
  region: string | undefined;
  /** Whether it speaks S3's language, or says nothing: pages and other texts come from somebody else. */
  isS3: boolean;
  /** The host that it points to; never asked because of that. */
  endpoint: string | undefined;
  text: string;
}

/** The root of an answer as an object of texts and objects; null when it is no XML. */
export function parseXml(text: string): Record<string, unknown> | null {
  try {
    const root: unknown = parser.parse(text.trim());
    return isRecord(root) ? root : null;
  } catch {
    return null;
  }
}

/** The text of `<root><name>…`; undefined when it is not there. */
export function textIn(root: Record<string, unknown> | null, element: string, name: string) {
  const parent = root?.[element];
  const value = isRecord(parent) ? parent[name] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** An answer that is an error: by its status, or a 200 whose body says so (CompleteMultipartUpload does that). */
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
  // B2 has no code of its own for it.
  if ((status === 400 || status === 501) && /storage[ -]?class/i.test(text))
    return 'storage_class_unsupported';
  const byCode = codeOfS3Code(s3Code);
  if (byCode) return byCode;
  if (isTransient) return 'storage_unavailable';
  // A HEAD has no body to say it in. Any other redirect leads away from S3, and is not followed.
  if (region !== undefined && (status === 301 || status === 307 || status === 400))
    return 'storage_region_mismatch';
  if ((status >= 300 && status < 400) || !isS3) return 'storage_not_s3';
  if (status === 412) return 'storage_object_exists';
  if (status === 401) return 'storage_credentials_invalid';
  return status === 403 ? 'storage_access_denied' : 'storage_rejected';
}

/** 501 is a refusal of a header, and stays one however often it is asked. */
function isTransientStatus(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501);
}

/** A code that is more than a short word is somebody's text, and may hold anything. */
function knownShape(s3Code: string | undefined): string | undefined {
  return s3Code !== undefined && /^[A-Za-z0-9]{1,60}$/.test(s3Code) ? s3Code : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
