/** Selects the lines of the Worker's log that `npm start` prints. */
import { z } from 'zod';

const RequestLine = z.object({ event: z.literal('request.answered'), status: z.number().max(399) });

/** Returns false for successful requests, because status polling would hide all other lines. */
export function isShown(line: string): boolean {
  try {
    return !RequestLine.safeParse(JSON.parse(line)).success;
  } catch {
    return true;
  }
}
