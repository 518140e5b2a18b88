/** The headers about rates and about when to try again, as /openapi.json describes them. */

const whole = (description: string) => ({ description, schema: { type: 'integer' } });
const text = (description: string) => ({ description, schema: { type: 'string' } });

const WHILE = 'Only while the plan or the API key has a limit.';

/** Of every answer to a request whose API key is accepted. */
const RATE_HEADERS = {
  'X-RateLimit-Limit': whole(`Requests in one window. ${WHILE}`),
  'X-RateLimit-Remaining': whole(`Requests that are left in this window. ${WHILE}`),
  'X-RateLimit-Reset': whole(`When the window ends, in unix milliseconds. ${WHILE}`),
  'X-RateLimit-Window': text(`The length of the window, \`1 h\`. ${WHILE}`),
  'X-RateLimit-Plan': text(`The plan of the workspace, \`free\` or \`paid\`. ${WHILE}`),
};
const RETRY_AFTER = { 'Retry-After': whole('Seconds to wait.') };

interface Answer {
  headers?: object;
}
/** The parts of a description that this file reads. */
interface Described {
  paths?: Record<string, Record<string, { security?: unknown; responses?: Record<string, Answer> }>>;
}

/** Adds the headers to the answers of all operations. Changes the description. */
export function addLimitHeaders(description: object): void {
  const operations = Object.values((description as Described).paths ?? {}).flatMap((path) =>
    Object.values(path),
  );
  for (const { security, responses } of operations)
    for (const [status, answer] of Object.entries(responses ?? {}))
      addTo(answer, status, security !== undefined);
}

/** Without an accepted key, there is no plan. */
function addTo(answer: Answer, status: string, needsKey: boolean): void {
  const isCounted = needsKey && status !== '401';
  const mustWait = status === '429' || status === '503';
  answer.headers = { ...answer.headers, ...(isCounted && RATE_HEADERS), ...(mustWait && RETRY_AFTER) };
}
