/** How a downloader names its process in claims and heartbeats. A header, since Workers of earlier versions refuse new members of a body. Imports nothing. */

export const PROCESS_HEADER = 'x-importly-process';

/** `id` is new at each start. */
export interface DownloaderProcess {
  id: string;
  uptimeMs: number;
}

const FORM = /^([0-9a-f-]{36}) (\d{1,15})$/;

/** The value of the header. */
export function formatProcess({ id, uptimeMs }: DownloaderProcess): string {
  return `${id} ${Math.round(uptimeMs)}`;
}

/** Null for a downloader that does not name its process. */
export function parseProcess(header: string | null | undefined): DownloaderProcess | null {
  const [, id, uptime] = FORM.exec(header ?? '') ?? [];
  return id === undefined ? null : { id, uptimeMs: Number(uptime) };
}
