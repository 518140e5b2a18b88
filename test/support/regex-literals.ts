/** Finds the regular expressions that stand in the text of a module, by a scan of its tokens. */

export interface RegexLiteral {
  source: string;
  flags: string;
  line: number;
}

/** Comments, strings, templates up to their next expression, words, and whatever else is one character. */
const TOKEN = /\/\/.*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|\s+|[\w$]+|[^\w$\s]/y;
const TEMPLATE = /(?:\\[\s\S]|\$(?!\{)|[^`\\$])*(?:`|\$\{)/y;
const LITERAL = /\/((?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+)\/([a-z]*)/y;
/** After these a slash divides; after anything else it begins a literal. */
const VALUE = /^(?:[\w$]+|[)\]}'"`].*)$/s;
const KEYWORD = /^(?:return|typeof|case|in|of|await|yield|throw)$/;

/** Throws when the text ends inside a token. */
export function regexLiterals(text: string): RegexLiteral[] {
  const found: RegexLiteral[] = [];
  const templates: number[] = [];
  let depth = 0;
  let before = '';
  const take = (pattern: RegExp, at: number): RegExpExecArray => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (!match) throw new Error(`no token at character ${at}`);
    return match;
  };
  for (let at = 0; at < text.length;) {
    const isTemplate = text[at] === '`' || (text[at] === '}' && templates.at(-1) === depth);
    const isComment = text.startsWith('//', at) || text.startsWith('/*', at);
    const isLiteral = text[at] === '/' && !isComment && (!VALUE.test(before) || KEYWORD.test(before));
    if (isTemplate) {
      if (text[at] === '}') templates.pop();
      const [part] = take(TEMPLATE, at + 1);
      at += 1 + part.length;
      before = part.endsWith('`') ? '`' : '{';
      if (before === '{') templates.push(depth);
      continue;
    }
    const [token, source = '', flags = ''] = take(isLiteral ? LITERAL : TOKEN, at);
    if (isLiteral) found.push({ source, flags, line: text.slice(0, at).split('\n').length });
    if (token === '{') depth += 1;
    if (token === '}') depth -= 1;
    at += token.length;
    if (token.trim() !== '' && !isComment) before = isLiteral ? '`' : token;
  }
  return found;
}
