/** The file size that some old containers declare, in bytes. Pure. */

import { TAIL_BYTES } from './reader.ts';

/** GUID of ASF's File Properties object, as stored. */
const ASF_FILE_PROPERTIES = Buffer.from('a1dcab8c47a9cf118ee400c00c205365', 'hex');

/** From the first bytes of the file; null when the container does not declare a size. */
export function declaredSize(container: string, head: Uint8Array): number | null {
  const view = Buffer.from(head);
  if (container === 'avi' && view.length >= 12) return known(view.readUInt32LE(4), 8);
  if (container === 'aiff' && view.length >= 12) return known(view.readUInt32BE(4), 8);
  if (container === 'asf') return asfSize(view);
  return null;
}

function known(bytes: number, headerBytes: number): number | null {
  return bytes === 0 || bytes === 0xffff_ffff ? null : bytes + headerBytes;
}

function asfSize(view: Buffer): number | null {
  const at = view.indexOf(ASF_FILE_PROPERTIES);
  if (at < 0 || view.length < at + 92) return null;
  const isBroadcast = (view.readUInt32LE(at + 88) & 1) === 1;
  return isBroadcast ? null : Number(view.readBigUInt64LE(at + 40));
}

/** FLV closes each tag with its size: the last four bytes lead back to the start of a script, audio or video tag. */
export function endsInFlvTag(tail: Uint8Array): boolean {
  const view = Buffer.from(tail);
  if (view.length < 15) return false;
  const start = view.length - 4 - view.readUInt32BE(view.length - 4);
  // A tag longer than the tail cannot be looked at.
  if (start < 0) return view.length >= TAIL_BYTES;
  return [8, 9, 18].includes((view[start] ?? 0) & 0x1f);
}
