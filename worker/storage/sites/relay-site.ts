/** Service storage through this Worker: the downloader sends parts here, and they stream into the R2 binding. */
import type { Ctx } from '../../context.ts';
import { PART_CRC32_HEADER } from '../../contract/downloader/signature.ts';
import { GRANT_HEADER, type PartToSign, type SignedRequest } from '../../contract/downloader/upload-plan.ts';
import { chunkedLength, TRAILER_NAME } from '../../contract/encoding/aws-chunked.ts';
import { controlUrl } from '../../control-url.ts';
import { serviceBucket } from './service-bucket.ts';
import type { UploadSite, UploadToSign } from './upload-site.ts';

/** How long the downloader may keep a request, in milliseconds. The attempt is checked when the request arrives. */
const REQUEST_MS = 15 * 60_000;

/**
 * The site of the R2 binding. The Worker verifies the CRC-32 of each part, and removes a single PUT that ends after its
 * attempt. `takesTrailers` says whether new uploads have it as a trailer.
 */
export function relaySite(ctx: Ctx, takesTrailers = false): UploadSite {
  return {
    ...serviceBucket(ctx, takesTrailers ? 'crc32-trailer' : 'crc32'),
    via: 'relay',
    singlePut: true,
    sign: (upload, parts) => Promise.resolve(parts.map((part) => requestFor(ctx, upload, part))),
  };
}

function requestFor(
  ctx: Ctx,
  { jobId, slot, placementId, token, grant, digest }: UploadToSign,
  part: PartToSign,
): SignedRequest {
  const { number } = part;
  const headers = {
    authorization: `Bearer ${token}`,
    [GRANT_HEADER]: grant,
    ...(digest === 'crc32-trailer' ? trailerHeaders(part) : digestHeaders(part)),
  };
  const url = `${controlUrl(ctx.config, slot)}/jobs/${jobId}/placements/${placementId}/parts/${number}`;
  const expiresAt = new Date(ctx.now() + REQUEST_MS).toISOString();
  return { number, method: 'PUT', url, headers, expiresAt };
}

function digestHeaders({ sizeBytes, digest }: PartToSign): Record<string, string> {
  return { [PART_CRC32_HEADER]: digest, 'content-length': `${sizeBytes}` };
}

/** As of S3, so that the downloader sends all parts alike. */
function trailerHeaders({ sizeBytes }: PartToSign): Record<string, string> {
  return {
    'content-length': `${chunkedLength(sizeBytes)}`,
    'x-amz-decoded-content-length': `${sizeBytes}`,
    'x-amz-trailer': TRAILER_NAME,
  };
}
