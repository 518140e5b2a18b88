/** Removes secrets from the output of tools. Pure. */

/** Characters that end a URL in the output of a tool. */
const END_OF_URL = /[\s'"<>]/;

/**
 * Removes user names and passwords, query strings and fragments from every URL in the text: signed URLs carry their
 * secret there. Takes linear time for any text, since servers choose what is in it.
 */
export function scrub(text: string): string {
  const [before = '', ...urls] = text.split('://');
  let clean = before;
  let isInQuery = false;
  for (const piece of urls) {
    const endsAt = piece.search(END_OF_URL);
    const url = endsAt < 0 ? piece : piece.slice(0, endsAt);
    const after = endsAt < 0 ? '' : piece.slice(endsAt);
    // A URL inside the query of another one is part of that query.
    if (!isInQuery) clean += `://${withoutUserAndQuery(url)}`;
    clean += after;
    isInQuery = endsAt < 0 && (isInQuery || /[?#]/.test(url));
  }
  return clean;
}

function withoutUserAndQuery(url: string): string {
  const path = url.split(/[?#]/, 1)[0] ?? '';
  const slash = path.indexOf('/');
  const authority = slash < 0 ? path : path.slice(0, slash);
  return authority.slice(authority.lastIndexOf('@') + 1) + path.slice(authority.length);
}
