/** The log of the downloader, and what it says about errors. */
import { createLog } from '../worker/contract/log.ts';

/** The log of the downloader, on stdout. */
export const log = createLog('downloader', (line) => void process.stdout.write(`${line}\n`));

/** What an error says, without its stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
