/** The command line of `npm run credit`. */
import { parseArgs } from 'node:util';
import { StartProblem } from '../lib/problem.ts';

export type CreditOptions = {
  /** Null: the local stack; else the deployment, `env` as for `npm run deploy`. */
  remote: { env: string | null } | null;
} & (
  | { action: 'list'; workspaceId: string | null }
  | { action: 'add'; workspaceId: string; microdollars: number; note: string }
);

const USAGE =
  'Usage: npm run credit -- add WORKSPACE DOLLARS [--note TEXT] | list [WORKSPACE] [--remote [--env ENV]]';
const WORKSPACE_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Up to ten million dollars, in steps of a millionth. A correction is negative. */
const DOLLARS = /^(-?)(\d{1,8})(?:\.(\d{1,6}))?$/;
const NEGATIVE = /^-\d/;
const NOTE = /^[^\p{C}]{0,200}$/u;

/** Throws a StartProblem that says what is wrong. */
export function creditOptions(args: string[]): CreditOptions {
  const { values, positionals } = parse(args);
  const { note = '' } = values;
  const remote = values.remote || values.env !== undefined ? { env: values.env ?? null } : null;
  const [action, workspaceId, dollars, ...rest] = positionals;
  if (workspaceId !== undefined && !WORKSPACE_ID.test(workspaceId))
    throw new StartProblem(
      `"${workspaceId}" is not the ID of a workspace; list them with npm run credit -- list.`,
    );
  if (action === 'list' && dollars === undefined && values.note === undefined)
    return { remote, action, workspaceId: workspaceId ?? null };
  if (action !== 'add' || workspaceId === undefined || dollars === undefined || rest.length > 0)
    throw new StartProblem(USAGE);
  if (!NOTE.test(note)) throw new StartProblem('A note is one line of up to 200 characters.');
  return { remote, action, workspaceId, microdollars: toMicrodollars(dollars), note };
}

/** Reads digits, because a decimal fraction is not exact as a number. */
function toMicrodollars(dollars: string): number {
  const [, sign, whole = '', fraction = ''] = DOLLARS.exec(dollars) ?? [];
  const microdollars = Number(whole) * 1e6 + Number(fraction.padEnd(6, '0'));
  if (whole === '' || microdollars === 0)
    throw new StartProblem(`DOLLARS is an amount such as 20 or 0.5, or -5 to take 5 back; not "${dollars}".`);
  return sign === '-' ? -microdollars : microdollars;
}

function parse(args: string[]) {
  // parseArgs takes a negative amount for an option.
  const isNegative = args.some((arg) => NEGATIVE.test(arg));
  const others = args.map((arg) => (NEGATIVE.test(arg) ? arg.slice(1) : arg));
  try {
    const options = {
      remote: { type: 'boolean' },
      env: { type: 'string' },
      note: { type: 'string' },
    } as const;
    const { values, positionals } = parseArgs({ args: others, options, allowPositionals: true });
    return { values, positionals: isNegative ? positionals.with(2, `-${positionals[2]}`) : positionals };
  } catch (error) {
    throw new StartProblem(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}
