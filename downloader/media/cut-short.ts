/** Thrown in the parsers' thread: the file ends before what its headers describe. */
export class CutShort extends Error {
  override readonly name = 'CutShort';
}
