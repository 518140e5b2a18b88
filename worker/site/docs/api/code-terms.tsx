/** Lists of words in the style of code, separated by commas. */
import type { Child } from 'hono/jsx';
import type { Links } from '../markdown.ts';

/** The words, with links where they name an error code. */
export function codeTerms(words: readonly string[], links: Links): Child[] {
  return words.map((word, index) => {
    const target = links.ofCode(word);
    const code = <code>{word}</code>;
    return (
      <>
        {index > 0 && ', '}
        {target === null ? code : <a href={target}>{code}</a>}
      </>
    );
  });
}
