/** The preference `wait` (RFC 7240): how long a client wants to wait for the result. Pure. */

/** A client that waits longer should watch the job or get a webhook. */
const MAX_SECONDS = 60;

/** The seconds of `Prefer: wait=N`, at most 60. Null without the preference; one that is malformed is ignored. */
export function preferredWaitSeconds(header: string | undefined): number | null {
  const preferences = (header ?? '').split(/[,;]/).map((preference) => preference.trim());
  const [, seconds] = preferences.map((text) => /^wait\s*=\s*"?(\d{1,9})"?$/i.exec(text)).find(Boolean) ?? [];
  const wait = Math.min(Number(seconds ?? 0), MAX_SECONDS);
  return wait > 0 ? wait : null;
}
