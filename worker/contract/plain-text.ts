/** Text of unknown origin, made safe to show and to use in names. Imports nothing. */

/** Control characters, line separators, and characters that change the direction of text around them. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;
const LINE_BREAKS = /[\t-\r\u0085\u2028\u2029]+/g;

/** Removes characters that a reader cannot see and that may hide or reorder the rest. */
export function stripControls(text: string): string {
  return text.replace(CONTROLS, '');
}

/** The text on one line: a line break becomes a space, and other control characters are removed. */
export function toOneLine(text: string): string {
  return stripControls(text.toWellFormed().replace(LINE_BREAKS, ' ')).trim();
}
