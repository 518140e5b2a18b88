import type { FC } from 'hono/jsx';
import type { Tone } from './note.tsx';

/** A state, in a color and a word. `busy`: something is running. */
export const Badge: FC<{ tone?: Tone | 'busy'; word: string }> = ({ tone = '', word }) => (
  <span class={`badge ${tone}`}>{word}</span>
);
