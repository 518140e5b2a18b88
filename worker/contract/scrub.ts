/** Removes secrets from text of other programs and from log lines. Imports nothing. */

/** Characters that end a URL in a text. */
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

/** API keys and fleet tokens begin with their prefix; attempt tokens follow `Bearer`. */
const TOKEN = /\b(impf?_|Bearer\s+)[\w.~+/=-]{8,}/gi;
/** Parameters of signed links, also where no URL is around them. */
const SIGNED_PARAMETER = /([?&](?:signature|X-Amz-[A-Za-z-]+)=)[^\s&"'<>]+/gi;

/** IDs, times, names of events and numbers, as most texts of log lines are: nothing in them can be one of these. */
const PLAIN = /^[A-Za-z0-9.:-]*$/;

/** `scrub`, and without the keys, tokens and signatures of this service. For log lines. */
export function withoutSecrets(text: string): string {
  if (PLAIN.test(text)) return text;
  return scrub(text).replace(TOKEN, '$1…').replace(SIGNED_PARAMETER, '$1…');
}
