import { parseEgressAllow } from '../../contract/address-policy.ts';
import type { ImportRequest } from '../../contract/api/import-request.ts';
import { withFirstDestination } from '../../contract/api/storage/destination-list.ts';
import type { Ctx } from '../../context.ts';
import { checkImportChoice } from '../../storage/destinations/check-storage-choice.ts';
import type { findReferred } from '../../storage/destinations/destinations.ts';
import { withCallbackUrl } from './callback-url.ts';
import { normalizeSource } from './normalize-source.ts';

export interface PreparedImport {
  request: ImportRequest;
  warnings: string[];
}

/**
 * The request as its job keeps it, after all checks that a request can fail before its job is made. Throws the AppErrors of
 * these checks. `find` looks destinations up.
 */
export async function prepareImport(
  ctx: Ctx,
  workspaceId: string,
  asked: ImportRequest,
  find?: typeof findReferred,
): Promise<PreparedImport> {
  const url = normalizeSource(parseEgressAllow(ctx.config.EGRESS_ALLOW), asked.url);
  const request = { ...withFirstDestination(withCallbackUrl(ctx.config, asked)), url };
  return { request, warnings: await checkImportChoice(ctx, workspaceId, request, find) };
}
