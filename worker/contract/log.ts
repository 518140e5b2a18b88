/** The form of log lines, the same for the Worker and the downloader. */
import { withoutSecrets } from './scrub.ts';

/** Values that a line may contain. Callers pass no secrets, no tokens and no URLs with queries. */
export type LogFacts = Record<string, unknown>;

/** Writes one line of JSON for each event. docs/operations.md lists the events and their fields. */
export interface Log {
  info(event: string, facts?: LogFacts): void;
  error(event: string, facts?: LogFacts): void;
}

type Level = keyof Log;

/**
 * A log of one part of the system. `write` gets each line. As a second defense, every text loses the queries of URLs and
 * everything that looks like a key, token or signature: messages of errors may quote what somebody else sent.
 */
export function createLog(
  service: 'worker' | 'downloader',
  write: (line: string, level: Level) => void,
): Log {
  const log =
    (level: Level) =>
    (event: string, facts: LogFacts = {}) => {
      const line = { time: new Date().toISOString(), level, service, event, ...facts };
      write(JSON.stringify(line, cleaned), level);
    };
  return { info: log('info'), error: log('error') };
}

function cleaned(_name: string, value: unknown): unknown {
  return typeof value === 'string' ? withoutSecrets(value) : value;
}
