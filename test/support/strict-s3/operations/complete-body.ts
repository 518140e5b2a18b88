/** Parses the XML of CompleteMultipartUpload strictly. */
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { S3Error } from '../s3-error.ts';

export type ListedPart = { number: number; etag: string; checksums: ReadonlyMap<string, string> };

/** `htmlEntities` also decodes numeric character references, which belong to XML. */
const parser = new XMLParser({
  parseTagValue: false,
  htmlEntities: true,
  isArray: (name) => name === 'Part',
});

type RawPart = Record<string, string | undefined>;

function readPart(raw: RawPart): ListedPart {
  const { PartNumber = '', ETag = '' } = raw;
  if (!/^\d+$/.test(PartNumber) || ETag === '') throw new S3Error('MalformedXML');
  const checksums = Object.entries(raw).filter(([name]) => name.startsWith('Checksum'));
  return {
    number: Number(PartNumber),
    etag: `"${ETag.replaceAll('"', '')}"`,
    checksums: new Map(checksums.map(([name, value]) => [name.slice('Checksum'.length), value ?? ''])),
  };
}

/** The listed parts in the order sent; MalformedXML for anything else. */
export function readCompleteBody(body: Buffer): ListedPart[] {
  const text = body.toString('utf8');
  if (XMLValidator.validate(text) !== true) throw new S3Error('MalformedXML');
  const document = parser.parse(text) as { CompleteMultipartUpload?: { Part?: RawPart[] } };
  const parts = document.CompleteMultipartUpload?.Part ?? [];
  if (parts.length === 0) throw new S3Error('MalformedXML');
  return parts.map((part) => readPart(part));
}
