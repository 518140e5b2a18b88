/** `POST /internal/claim`: a downloader without an inbound port fetches its next job. */
import { Hono, type MiddlewareHandler } from 'hono';
import type { FleetEnv } from '../../auth/require-fleet-token.ts';
import type { Ctx } from '../../context.ts';
import { ClaimRequest, KINDS_OF_OLD_DOWNLOADERS, type ClaimAnswer } from '../../contract/downloader/claim.ts';
import { parseProcess, PROCESS_HEADER } from '../../contract/downloader/process-header.ts';
import { readJson } from '../../http/read-json.ts';
import { claimForMember } from '../../jobs/claim-for-member.ts';

/** The route, behind the fleet token. It waits for a job as long as `claimForMember` does. */
export function claimRoutes(ctx: Ctx, limitJson: MiddlewareHandler): Hono<FleetEnv> {
  const routes = new Hono<FleetEnv>();
  routes.post('/claim', limitJson, async (c) => {
    const { capacity, kinds = KINDS_OF_OLD_DOWNLOADERS } = await readJson(c, ClaimRequest);
    const claim = {
      member: c.var.member,
      capacity,
      kinds,
      sender: parseProcess(c.req.header(PROCESS_HEADER)),
      signal: c.req.raw.signal,
    };
    const answer: ClaimAnswer = { dispatch: await claimForMember(ctx, claim) };
    return c.json(answer);
  });
  return routes;
}
