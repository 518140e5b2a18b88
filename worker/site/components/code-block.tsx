import type { FC } from 'hono/jsx';

const CopyButton: FC<{ id: string }> = ({ id }) => (
  <button type="button" class="button small" data-copy={id} data-script-only aria-live="polite">
    Copy
  </button>
);

/** Text of several lines to copy. The button appears where scripts run. `id` must be unique on the page. */
export const CodeBlock: FC<{ id: string; text: string; label: string }> = ({ id, text, label }) => (
  <div class="code-block">
    <pre id={id} tabindex={0} aria-label={label}>
      <code>{text}</code>
    </pre>
    <CopyButton id={id} />
  </div>
);

/** A short text to copy, on one line. */
export const CodeLine: FC<{ id: string; text: string }> = ({ id, text }) => (
  <div class="code-line">
    <code id={id}>{text}</code>
    <CopyButton id={id} />
  </div>
);
