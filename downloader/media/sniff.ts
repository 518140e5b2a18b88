/** Recognizes the format of a file from its first bytes. Names and headers are ignored. */
import { fileTypeFromBuffer } from 'file-type';
import { KINDS_BY_MIME, type MediaKind, type ProbeWay } from './media-kinds.ts';
import { sniffText } from './sniff-text.ts';

/** Number of bytes that `sniff` needs, if the file has as many: the figure of the file-type library. */
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

/** True for formats that may be stored after the check. */
export function isMedia(sniffed: Sniffed): sniffed is SniffedMedia {
  return sniffed.probe !== null;
}

/**
 * Recognizes a file by its first bytes (`SNIFF_BYTES` of them, or the whole file when it is shorter). Text comes first,
 * so that a playlist, a page or XML never counts as media, whatever follows.
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

/** Recognizes a TIFF whose directory is beyond the first bytes, which file-type does not. */
function kindByMagic(head: Uint8Array): MediaKind | undefined {
  const magic = Buffer.from(head.subarray(0, 4)).toString('latin1');
  return magic === 'II*\0' || magic === 'MM\0*' ? KINDS_BY_MIME['image/tiff'] : undefined;
}
