/** The page of all codes, made of the code table. */
import type { CodeEntry } from '../../worker/contract/code-entry.ts';
import type { Code } from '../../worker/contract/codes.ts';
import { REQUEST_CODES } from '../../worker/contract/codes-requests.ts';
import { SOURCE_CODES } from '../../worker/contract/codes-sources.ts';
import { STORAGE_CODES } from '../../worker/contract/codes-storage.ts';
import { CODE_NOTES } from './code-notes.ts';
import { SYMPTOMS } from './symptoms.ts';

const SECTIONS: [title: string, codes: Record<string, CodeEntry>][] = [
  ['Storage', STORAGE_CODES],
  ['Requests and jobs', REQUEST_CODES],
  ['Sources and media', SOURCE_CODES],
];

const HEAD = `<!-- Made by \`npm run docs\` from the code table (worker/contract/codes-*.ts). Do not edit. -->

# Troubleshooting

Every refusal has a \`code\` that stays the same, a sentence, and a hint. You meet it in four places: in the body of a refused request, in
\`data.error\` of a failed import, in \`data.storage.error\` of an import that is in service storage because the bucket did not take it, and in
the checks of \`POST /storage/test\`.`;

const LEGEND = `The status is that of a refused request. *Tried again*: an attempt that ends so is repeated by itself, until \`MAX_FAILURES\` (4) have failed; an
upload is repeated part by part before that, and then [falls back](storage.md#when-the-bucket-does-not-take-a-file). A request may be sent
again as it is.`;

/** The Markdown of docs/troubleshooting.md, not yet formatted. */
export function troubleshootingPage(): string {
  const sections = SECTIONS.map(([title, codes]) =>
    [`### ${title}`, ...Object.entries(codes).map(([name, entry]) => codeSection(name as Code, entry))].join(
      '\n\n',
    ),
  );
  return [HEAD, SYMPTOMS, `## Codes\n\n${LEGEND}`, ...sections].join('\n\n');
}

/** A heading of its own, so that a code can be linked to. */
function codeSection(name: Code, { status, message, hint, retryable }: CodeEntry): string {
  const notes = CODE_NOTES[name];
  const facts = `${message} ${hint}\n\nStatus ${status}${retryable ? ', tried again' : ''}.`;
  return [`#### \`${name}\``, facts, ...(notes === undefined ? [] : [notes])].join('\n\n');
}
