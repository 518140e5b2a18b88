/** Says what the first bytes of a source are. Names and headers have no say. */
import { fileTypeFromBuffer } from 'file-type';
import { KINDS_BY_MIME, type MediaKind, type ProbeWay } from './media-kinds.ts';
import { sniffText } from './sniff-text.ts';

/** How many first bytes `sniff` wants when the source has as many: file-type's own figure. */
export const SNIFF_BYTES = 4100;

export type Sniffed =
  | ({ kind: 'media' | 'picture' } & MediaKind)
  | {
      /** A playlist names other files, a page is for people; `other` is an archive, a document, anything else. */
      kind: 'playlist' | 'page' | 'other';
      extension: string;
      contentType: string;
      container: null;
      probe: null;
    };

export type { ProbeWay };
export type SniffedMedia = Extract<Sniffed, { probe: ProbeWay }>;

/** True for what may be stored once it is checked. */
export function isMedia(sniffed: Sniffed): sniffed is SniffedMedia {
  return sniffed.probe !== null;
}

/**
 * Judges the first bytes of a file (`SNIFF_BYTES` of them, or the whole file when it is shorter). Text is looked at
 * first, so that a playlist, a page or XML is never taken for media, whatever follows.
 */
export async function sniff(head: Uint8Array): Promise<Sniffed> {
  const text = sniffText(head);
  if (text) return { ...text, container: null, probe: null };
  const found = await fileTypeFromBuffer(head);
  const media = found ? KINDS_BY_MIME[found.mime] : kindByMagic(head);
  if (media) return { ...media, kind: media.probe === 'picture' ? 'picture' : 'media' };
  return {
    kind: 'other',
    extension: found?.ext ?? 'bin',
    contentType: found?.mime ?? 'application/octet-stream',
    container: null,
    probe: null,
  };
}

/** What file-type misses: a TIFF whose directory lies beyond the first bytes. */
function kindByMagic(head: Uint8Array): MediaKind | undefined {
  const magic = Buffer.from(head.subarray(0, 4)).toString('latin1');
  return magic === 'II*\0' || magic === 'MM\0*' ? KINDS_BY_MIME['image/tiff'] : undefined;
}
