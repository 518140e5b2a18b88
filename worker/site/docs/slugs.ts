/** Anchors of headings, the same that GitHub makes, so that links between Markdown files work in both places. */

/** A function that makes the anchors of one page. A second heading with the same text gets the suffix `-1`, a third one `-2`. */
export function makeSlugger(): (text: string) => string {
  const timesSeen = new Map<string, number>();
  return (text) => {
    const slug = text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replaceAll(' ', '-');
    const seen = timesSeen.get(slug) ?? 0;
    timesSeen.set(slug, seen + 1);
    return seen === 0 ? slug : `${slug}-${seen}`;
  };
}
