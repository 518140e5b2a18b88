/** Blocks of code, with the parts of shell commands, JSON and JavaScript in color. */
import { escapeHtml } from './escape.ts';

/** What is colored in a language. Each named group is a class; the text between the matches stays as it is. */
const LANGUAGES: Record<string, RegExp> = {
  json: /(?<name>"(?:\\.|[^"\\\n])*"(?=\s{0,3}:))|(?<string>"(?:\\.|[^"\\\n])*")|(?<value>-?\b\d+(?:\.\d+)?\b|\b(?:true|false|null)\b)/g,
  js: /(?<comment>\/\/[^\n]*)|(?<string>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)|(?<name>\b(?:import|from|export|const|let|return|if|else|await|async|function|new|try|catch|throw)\b)|(?<value>\b\d+\b)/g,
  sh: /(?<comment>(?<=^|\s)#[^\n]*)|(?<string>'[^']*'|"(?:\\.|[^"\\])*")|(?<name>^(?:curl|npm|npx|docker|echo|export|openssl|aws|mc)\b)|(?<value>(?<=\s)--?[A-Za-z][\w-]*)/gm,
};

interface CodeBlock {
  /** Unique on the page. */
  id: string;
  code: string;
  /** Default: JSON and shell commands are recognized by their first characters. */
  language?: string | undefined;
}

/** The block as HTML, with a button that appears where scripts run. */
export function codeBlock({ id, code, language }: CodeBlock): string {
  const text = highlight(code, LANGUAGES[language || guess(code)]);
  const button = `<button type="button" class="button small" data-copy="${id}" data-script-only aria-live="polite">Copy</button>`;
  // It scrolls on a narrow screen, so it must be reachable with the keyboard.
  return `<div class="code-block"><pre id="${id}" tabindex="0"><code>${text}</code></pre>${button}</div>\n`;
}

function guess(code: string): string {
  if (/^\s*[{[]/.test(code)) return 'json';
  return /^(?:[A-Z_0-9]+=|curl|npm|npx|docker|export|openssl|aws|mc|#)/.test(code) ? 'sh' : 'text';
}

function highlight(code: string, tokens: RegExp | undefined): string {
  if (!tokens) return escapeHtml(code);
  let html = '';
  let end = 0;
  for (const match of code.matchAll(tokens)) {
    const [kind] = Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined) ?? ['text'];
    html += `${escapeHtml(code.slice(end, match.index))}<span class="code-${kind}">${escapeHtml(match[0])}</span>`;
    end = match.index + match[0].length;
  }
  return html + escapeHtml(code.slice(end));
}
