/** Writes one line of JSON for each event. Callers never pass secrets, tokens, or URLs with queries. */
export interface Log {
  info(event: string, facts?: Record<string, unknown>): void;
  error(event: string, facts?: Record<string, unknown>): void;
}

export const consoleLog: Log = {
  info: (event, facts) => console.log(JSON.stringify({ level: 'info', event, ...facts })),
  error: (event, facts) => console.error(JSON.stringify({ level: 'error', event, ...facts })),
};
