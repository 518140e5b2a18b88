/** Names this process to the Worker: one with another name has taken the place of an earlier one, whose attempts are lost. */
import { randomUUID } from 'node:crypto';
import { formatProcess, PROCESS_HEADER } from '../../worker/contract/downloader/process-header.ts';

const id = randomUUID();

/** The header for claims and heartbeats. */
export function processHeader(): Record<string, string> {
  return { [PROCESS_HEADER]: formatProcess({ id, uptimeMs: process.uptime() * 1000 }) };
}
