/** Percent-encoding of object keys for URLs, as SigV4 requires it. Pure. */

/** Encodes each segment. Throws for `.` and `..`, which URL parsers resolve, even if encoded, to the path of another object. */
export function encodeKey(key: string): string {
  return key
    .split('/')
    .map((segment) => {
      if (segment === '.' || segment === '..') throw new Error('the key has a dot segment');
      return encodeRfc3986(segment);
    })
    .join('/');
}

/** Encodes !'()* too, which `encodeURIComponent` leaves as they are. */
export function encodeRfc3986(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
