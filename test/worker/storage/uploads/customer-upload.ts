/** Uploads to a customer's bucket on versitygw. */
import { openPlacement } from '../../../../worker/storage/uploads/open-placement.ts';
import { makeCustomer, makeCustomerCtx, server } from '../../support/customer.ts';
import { artifactRequest, makeLive, someBytes } from '../../support/uploads.ts';

/** Keys that may do everything. */
export const admin = () => {
  const { accessKeyId, secretAccessKey } = server();
  return { accessKeyId, secretAccessKey };
};
let count = 0;
/** A title that no other test uses, with the characters that are difficult in signatures and paths. */
export const newTitle = () => `AC/DC + ü & "50%" #${++count} (live)`;
export const keyOf = (title: string, path = '') => `${path}${title.replace('/', '-')}.mp4`;

/** An attempt of an import with `store: true`, and a file of 100,000 bytes. */
export async function makeUpload(
  request: Parameters<typeof makeLive>[1] = {},
  settings: Parameters<typeof makeCustomer>[1] = {},
) {
  const ctx = makeCustomerCtx();
  const live = await makeLive(ctx, { store: true, ...request }, await makeCustomer(ctx, settings));
  const title = newTitle();
  const bytes = someBytes(100_000, count);
  return {
    ctx,
    live,
    title,
    bytes,
    open: () => openPlacement(ctx, { live, file: artifactRequest({ title }) }),
  };
}
