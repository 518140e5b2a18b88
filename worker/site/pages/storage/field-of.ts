import type { Problems, Typed } from '../../forms.ts';
import { LABELS } from './storage-input.ts';

/** What each field of the form shows: its label, what was typed, and what is wrong with it. */
export type FieldOf = ReturnType<typeof makeFieldOf>;

/** For one rendering of the form. */
export function makeFieldOf({ typed, problems }: { typed: Typed; problems: Problems }) {
  return (name: keyof typeof LABELS) => ({
    name,
    label: LABELS[name],
    value: typed[name],
    error: problems[name],
  });
}
