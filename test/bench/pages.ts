/** The benchmark of the dashboard: how long the service takes to answer with each page. */
import { fillWorkspace, operatorWorkspaceId, pagesOf } from '../browser/support/fill-workspace.ts';
import { signIn } from '../browser/support/sign-in.ts';
import type { Api } from '../support/stack/api.ts';
import type { Stack } from '../support/stack/stack.ts';
import { median } from './compare.ts';

const ROUNDS = 30;
/** Reads nothing from the database. */
const BARE = '/sign-in';

/** Prints the median of each page in milliseconds, beside that of a page without data. Pages take turns, so that noise meets all of them alike. */
export async function benchPages({ stack, api }: { stack: Stack; api: Api }): Promise<void> {
  const { apiUrl, stateDirectory } = stack;
  const filled = await fillWorkspace(api, apiUrl);
  const pages = [BARE, ...Object.values(pagesOf(filled)), '/dashboard/operations', '/docs'];
  const { cookie } = await signIn(stateDirectory, { workspaceId: operatorWorkspaceId(stateDirectory) });
  const signedIn = { Cookie: `${cookie.name}=${cookie.value}` };
  const times = new Map<string, number[]>(pages.map((path) => [path, []]));
  for (let round = 0; round <= ROUNDS; round += 1)
    for (const [path, found] of times) {
      const took = await timeOf(apiUrl + path, path === BARE ? {} : signedIn);
      // The first answer also loads what the page needs.
      if (round > 0) found.push(took);
    }
  console.log(`\nPages of the dashboard, median of ${ROUNDS} (goal ≤ 50 ms):`);
  for (const [path, found] of times) console.log(`${median(found).toFixed(1).padStart(7)} ms  ${path}`);
}

async function timeOf(url: string, headers: Record<string, string>): Promise<number> {
  const startedAt = performance.now();
  const answer = await fetch(url, { headers });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}: ${text}`);
  return performance.now() - startedAt;
}
