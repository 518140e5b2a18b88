import { describe, expect, test } from 'vitest';
import { codeBlock } from '../../../../worker/site/docs/code-block.ts';
import { renderMarkdown, renderText, type Links } from '../../../../worker/site/docs/markdown.ts';
import { pickSections } from '../../../../worker/site/docs/pick-sections.ts';

const links: Links = {
  resolve: (href) => (href.startsWith('nowhere') ? null : `/docs/${href}`),
  ofCode: (code) => (code === 'GET /imports' ? '/docs/api/imports#get-imports' : null),
};
const render = (markdown: string) => renderMarkdown(markdown, links).html.trim();

describe('text', () => {
  test.each([
    ['<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    ['a <img src=x onerror=alert(1)> b', '<p>a &lt;img src=x onerror=alert(1)&gt; b</p>'],
    ['`<b>` & "c"', '<p><code>&lt;b&gt;</code> &amp; &quot;c&quot;</p>'],
    ['![<b>](https://example.com/x.png)', '<p>&lt;b&gt;</p>'],
    ['<!-- generated --> a', 'a'],
  ])('%s becomes %s', (markdown, html) => expect(render(markdown)).toBe(html));
});

describe('a link', () => {
  test.each([
    ['[a](keys.md#limits)', '<a href="/docs/keys.md#limits">a</a>'],
    ['[a](https://example.com/?a=1&b=2)', '<a href="https://example.com/?a=1&amp;b=2">a</a>'],
    ['[a `b`](#c)', '<a href="/docs/#c">a <code>b</code></a>'],
    ['[a](javascript:alert(1))', 'a'],
    ['[a](JaVaScRiPt:alert(1))', 'a'],
    ['[a](data:text/html,x)', 'a'],
    ['[a](//evil.example/)', 'a'],
    [String.raw`[a](\\\\evil.example)`, 'a'],
    ['[a](nowhere.md)', 'a'],
    ['[a](x"onmouseover="alert(1))', '<a href="/docs/x&quot;onmouseover=&quot;alert(1)">a</a>'],
    ['`GET /imports`', '<a href="/docs/api/imports#get-imports"><code>GET /imports</code></a>'],
    ['[`GET /imports`](x)', '<a href="/docs/x"><code>GET /imports</code></a>'],
    ['`GET /other`', '<code>GET /other</code>'],
  ])('%s becomes %s', (markdown, html) => expect(render(markdown)).toBe(`<p>${html}</p>`));
});

test('headings have the anchors that GitHub gives them', () => {
  const { headings, html } = renderMarkdown(
    '# Title\n\n## `storage_rejected`\n\n### Cancel & retry: 2 ways\n\n## Größe\n\n## Again\n\n## Again',
    links,
  );
  expect(headings).toEqual([
    { id: 'title', text: 'Title', depth: 1 },
    { id: 'storage_rejected', text: 'storage_rejected', depth: 2 },
    { id: 'cancel--retry-2-ways', text: 'Cancel & retry: 2 ways', depth: 3 },
    { id: 'größe', text: 'Größe', depth: 2 },
    { id: 'again', text: 'Again', depth: 2 },
    { id: 'again-1', text: 'Again', depth: 2 },
  ]);
  expect(html).not.toContain('<h1');
  expect(html).toContain('<h3 id="cancel--retry-2-ways">Cancel &amp; retry: 2 ways ');
  expect(html).toContain('aria-label="Link to Cancel &amp; retry: 2 ways"');
});

test('cells of a table carry the header of their column, and wide tables scroll', () => {
  const html = render('| `a` | b "c" |\n| --- | --- |\n| <i> | 2 |');
  expect(html).toContain('<div class="docs-table" tabindex="0"');
  expect(html).toContain('<td data-label="`a`"><div>&lt;i&gt;</div></td>');
  expect(html).toContain('data-label="b &quot;c&quot;"');
  expect(render('|a|b|c|d|e|\n|-|-|-|-|-|\n|1|2|3|4|5|')).toContain('class="docs-table wide"');
});

describe('a block of code', () => {
  const coded = (code: string, language?: string) =>
    /<code>(.*)<\/code>/s.exec(codeBlock({ id: 'x', code, language }))?.[1];

  test.each([
    [
      '{"a": "<b>"}',
      '{<span class="code-name">&quot;a&quot;</span>: <span class="code-string">&quot;&lt;b&gt;&quot;</span>}',
    ],
    ['curl -X POST', '<span class="code-name">curl</span> <span class="code-value">-X</span> POST'],
    ['plain "text" & <b>', 'plain &quot;text&quot; &amp; &lt;b&gt;'],
  ])('%s is colored without losing a character', (code, html) => expect(coded(code)).toBe(html));

  test('keeps every character, whatever the language', () => {
    const code = `{"a": 'b\\'', // <c>\n# d -e "f\\"g" 12.5 null \`h\``;
    for (const language of ['json', 'js', 'sh', 'text', 'unknown']) {
      const html = coded(code, language)!;
      const text = html
        .replaceAll(/<[^>]+>/g, '')
        .replaceAll('&quot;', '"')
        .replaceAll('&#39;', "'");
      expect(text.replaceAll('&lt;', '<').replaceAll('&gt;', '>')).toBe(code);
    }
  });

  test('in a page has an id of its own', () => {
    const html = renderText('```\na\n```\n\n```\nb\n```', links);
    expect([...html.matchAll(/<pre id="([^"]+)"/g)].map(([, id]) => id)).toEqual(['code-1', 'code-2']);
  });
});

describe('sections', () => {
  const text = '# T\n\n## A\n\na\n\n### A1\n\n## B\n\nb\n';

  test('are taken in the order of their titles', () => {
    expect(pickSections(text, ['B', 'A'])).toBe('## B\n\nb\n## A\n\na\n\n### A1\n\n');
  });

  test('that are missing are an error', () => {
    expect(() => pickSections(text, ['C'])).toThrow('There is no section "C".');
  });
});
