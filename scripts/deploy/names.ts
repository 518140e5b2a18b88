/** What a deployment is called in the Cloudflare account: one name for each thing that it consists of. */

export interface Names {
  /** The Worker, and the deployment as a whole. */
  worker: string;
  database: string;
  bucket: string;
  doorbell: string;
  webhooks: string;
  deadLetters: string;
  /** The container applications: of PAGE_SLOTS, and of all other slots. */
  downloader: string;
  pageDownloader: string;
}

/** The names of the first deployment, or of the one that `--env` names. */
export function namesOf(base: string, env: string | null): Names {
  const worker = env === null ? base : `${base}-${env}`;
  return {
    worker,
    database: worker,
    bucket: `${worker}-media`,
    doorbell: `${worker}-doorbell`,
    webhooks: `${worker}-webhooks`,
    deadLetters: `${worker}-dead-letters`,
    downloader: `${worker}-downloader`,
    pageDownloader: `${worker}-page-downloader`,
  };
}
