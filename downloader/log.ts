import { createLog } from '../worker/contract/log.ts';

/** The log of the downloader, on stdout. */
export const log = createLog('downloader', (line) => void process.stdout.write(`${line}\n`));
