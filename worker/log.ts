import { createLog } from './contract/log.ts';

/** The log of the Worker. The platform keeps what is written to the console. */
export const consoleLog = createLog('worker', (line, level) => console[level](line));
