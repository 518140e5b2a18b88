/** Percent-encoding as SigV4 canonicalises it. Pure. */

/** Encodes each segment. Throws for `.` and `..`: URL parsers collapse them, encoded or not, into another object's path. */
export function encodeKey(key: string): string {
  return key
    .split('/')
    .map((segment) => {
      if (segment === '.' || segment === '..') throw new Error('a key has a dot segment');
      return encodeRfc3986(segment);
    })
    .join('/');
}

/** `encodeURIComponent` leaves !'()* as they are; SigV4 does not. */
export function encodeRfc3986(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
