/** Files as trees of units, so that mutations keep the rest of the file well-formed. */
import type { Random } from './random.ts';
import { mutateBytes } from './mutate-bytes.ts';

/** A unit with a header, which `Format` writes, and either children or data. */
export interface Unit {
  /** What the header says besides the size: a type, an id. */
  tag: Buffer;
  children: Unit[] | null;
  data: Buffer;
}

export interface Format {
  split: (bytes: Buffer) => Unit;
  join: (root: Unit) => Buffer;
}

/** Largest mutated file, in bytes: time that grows with the square of the size shows. Small ones find all other mistakes. */
const MOST_BYTES = 2 * 1024 * 1024;
const USUAL_BYTES = 100 * 1024;
/** Copies of a unit, and the depth to which it is put into itself. */
const COPIES = [1, 2, 10, 200, 5000] as const;

export function leaf(data: Buffer, tag: Buffer = Buffer.alloc(0)): Unit {
  return { tag, children: null, data };
}

/** A file of units without nesting, cut by `cut`. */
export function flat(cut: (bytes: Buffer) => Buffer[]): Format {
  return {
    split: (bytes) => ({ ...leaf(Buffer.alloc(0)), children: cut(bytes).map((unit) => leaf(unit)) }),
    join: ({ children }) => Buffer.concat((children ?? []).map(({ data }) => data)),
  };
}

/** A file that nothing is known about. */
export const OPAQUE = flat((bytes) => [bytes]);

const sizeOf = ({ children, data }: Unit): number =>
  children ? children.reduce((sum, child) => sum + sizeOf(child) + 8, 8) : data.length + 8;

/** Shares no list of children with the original, so that a unit can be put into itself. */
function copyOf(unit: Unit): Unit {
  return { ...unit, children: unit.children?.map(copyOf) ?? null };
}

/** All units that have children. */
function parentsIn(unit: Unit, found: Unit[] = []): Unit[] {
  if (!unit.children || unit.children.length === 0) return found;
  found.push(unit);
  for (const child of unit.children) if (child.children) parentsIn(child, found);
  return found;
}

/** Any unit except the root. */
function pickUnit(random: Random, root: Unit): Unit | undefined {
  return random.pick(random.pick(parentsIn(root))?.children ?? []);
}

/** A mutated copy of one of the files, at most `mostBytes` long, and mostly much shorter. */
export function mutateFile(
  random: Random,
  { format, mostBytes = MOST_BYTES }: { format: Format; mostBytes?: number },
  corpus: readonly Buffer[],
): Buffer {
  const maxBytes = random.oneIn(10) ? mostBytes : Math.min(mostBytes, USUAL_BYTES);
  const original = random.pick(corpus) ?? Buffer.alloc(0);
  if (random.oneIn(8)) return mutateBytes(random, original, 1 + random.below(8)).subarray(0, maxBytes);
  const root = format.split(original);
  for (let count = 1 + random.below(5); count > 0 && sizeOf(root) < maxBytes; count -= 1) {
    const parent = random.pick(parentsIn(root));
    if (parent?.children) mutateUnit(random, parent.children, { root, format, corpus, maxBytes });
  }
  const joined = format.join(root);
  const mutated = random.oneIn(3) ? mutateBytes(random, joined, 1 + random.below(3)) : joined;
  return mutated.subarray(0, maxBytes);
}

interface Surroundings {
  root: Unit;
  format: Format;
  corpus: readonly Buffer[];
  maxBytes: number;
}

function mutateUnit(
  random: Random,
  siblings: Unit[],
  { root, format, corpus, maxBytes }: Surroundings,
): void {
  const index = random.below(siblings.length);
  const unit = siblings[index];
  if (!unit) return;
  const room = Math.max(1, Math.floor((maxBytes - sizeOf(root)) / sizeOf(unit)));
  const copies = Math.min(random.pick(COPIES), room);
  switch (random.below(8)) {
    case 0:
      return void siblings.splice(index, 1);
    case 1:
      return void siblings.splice(index, 0, ...Array.from({ length: copies }, () => copyOf(unit)));
    case 2:
      return void siblings.splice(random.below(siblings.length), 0, copyOf(pickUnit(random, root) ?? unit));
    case 3: {
      const foreign = pickUnit(random, format.split(random.pick(corpus) ?? Buffer.alloc(0)));
      return void siblings.splice(index, 1, foreign ?? unit);
    }
    case 4: {
      let nested = unit;
      for (let depth = Math.min(copies, 200); depth > 0; depth -= 1) nested = { ...unit, children: [nested] };
      return void (siblings[index] = nested);
    }
    case 5:
      return void (siblings[index] = { ...unit, tag: pickUnit(random, root)?.tag ?? unit.tag });
    default:
      siblings[index] = unit.children
        ? unit
        : { ...unit, data: mutateBytes(random, unit.data, 1 + random.below(3)) };
  }
}
