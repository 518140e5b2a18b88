/** Takes secrets out of text that tools wrote. Pure. */

/** Removes user names and passwords, query strings and fragments from every URL in the text: signed URLs carry their secret there. */
export function scrub(text: string): string {
  return text
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/@'"<>]*@/gi, '$1')
    .replace(/([a-z][a-z0-9+.-]*:\/\/[^\s?#'"<>]*)[?#][^\s'"<>]*/gi, '$1');
}
