import { makeOwnerLink, makeResetLink } from '../../worker/accounts/links/make-link.ts';
import type { FleetDatabase } from '../fleet/members.ts';
import { StartProblem } from '../lib/problem.ts';

/** Makes a link and returns the text to print. Throws a StartProblem for an address without an account. */
export async function printedLink(
  database: Pick<FleetDatabase, 'run' | 'select' | 'workerUrl'>,
  email: string | null,
): Promise<string> {
  const now = Date.now();
  const link = email === null ? await makeOwnerLink(now) : await makeResetLink(now, email);
  await database.run(link.statements.join(';\n'));
  if (email !== null) await requireMade(database, { email, now });
  const purpose =
    email === null ? 'The link makes an owner of the service' : `The link sets the password of ${email}`;
  return `${purpose}. It works once, for 30 minutes:\n\n  ${database.workerUrl}${link.path}`;
}

async function requireMade(
  { select }: Pick<FleetDatabase, 'select'>,
  { email, now }: { email: string; now: number },
): Promise<void> {
  const rows = await select(
    `SELECT 1 FROM one_time_links JOIN users ON users.id = one_time_links.user_id WHERE users.email = '${email.toLowerCase().replaceAll("'", "''")}' AND one_time_links.created_at = ${now}`,
  );
  if (rows.length === 0) throw new StartProblem(`No account has the address ${email}.`);
}
