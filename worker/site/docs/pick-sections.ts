/** Takes some sections out of a Markdown file. */

/** The sections with these headings of depth 2, in the order of `titles`. Throws if one is missing. */
export function pickSections(markdown: string, titles: readonly string[]): string {
  const sections = markdown.split(/^(?=## )/m);
  return titles
    .map((title) => {
      const section = sections.find((text) => text.startsWith(`## ${title}\n`));
      if (section === undefined) throw new Error(`There is no section "${title}".`);
      return section;
    })
    .join('');
}
