/** Which lines of the Worker's log a person at the terminal wants to see. */
import { z } from 'zod';

const RequestLine = z.object({ event: z.literal('request'), status: z.number().max(399) });

/** False for the line of a request that went well: polling a status would bury everything else. */
export function isShown(line: string): boolean {
  try {
    return !RequestLine.safeParse(JSON.parse(line)).success;
  } catch {
    return true;
  }
}
