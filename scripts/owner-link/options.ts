/** The command line of `npm run owner-link`. */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { StartProblem } from '../lib/problem.ts';

export interface OwnerLinkOptions {
  /** Whose password the link sets. Null: it makes an owner. */
  email: string | null;
  /** Null: the local stack; else the deployment, `env` as for `npm run deploy`. */
  remote: { env: string | null } | null;
}

const USAGE = 'Usage: npm run owner-link -- [--email ADDRESS] [--remote [--env ENV]]';

/** Throws a StartProblem that says what is wrong. */
export function ownerLinkOptions(args: string[]): OwnerLinkOptions {
  const { email = null, remote = false, env = null } = parse(args);
  if (email !== null && !z.email().safeParse(email).success)
    throw new StartProblem(`"${email}" is not an e-mail address.`);
  return { email, remote: remote || env !== null ? { env } : null };
}

function parse(args: string[]) {
  try {
    const options = {
      email: { type: 'string' },
      remote: { type: 'boolean' },
      env: { type: 'string' },
    } as const;
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new StartProblem(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}
