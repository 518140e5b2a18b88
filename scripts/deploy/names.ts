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

/** The most databases of a deployment: each has a binding and a part of the cron trigger. */
export const MAX_DATABASES = 16;

/** The name of the database with this number, which is bound as `DB_1` and so on; number 0 is `DB`. */
export function databaseName({ database }: Pick<Names, 'database'>, number: number): string {
  return number === 0 ? database : `${database}-${number}`;
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
