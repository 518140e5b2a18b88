/** Compares answers with the examples that Importly has published. Its clients must not notice the members that we add. */

/** The text of an answer in the form of an example, without members that the example does not have. */
export function asPublished(answer: unknown, example: string): string {
  return JSON.stringify(keepMembers(answer, JSON.parse(example)), null, 2);
}

/** The example with the values of this answer in the places of those that differ in each answer. */
export function withValues(example: string, values: Record<string, string>): string {
  return Object.entries(values).reduce((text, [from, to]) => text.replaceAll(from, to), example);
}

function keepMembers(value: unknown, example: unknown): unknown {
  if (Array.isArray(value) && Array.isArray(example))
    return value.map((item) => keepMembers(item, example[0]));
  if (!isObject(value) || !isObject(example)) return value;
  const kept = Object.entries(value).filter(([name]) => name in example);
  return Object.fromEntries(kept.map(([name, member]) => [name, keepMembers(member, example[name])]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
