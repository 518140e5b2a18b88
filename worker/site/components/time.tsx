import type { FC } from 'hono/jsx';
import { formatAgo, formatUtc } from './format.ts';

/** When something happened. The script of the pages shows it in the zone of the reader, with the exact time on hover. */
export const Time: FC<{ at: string | number }> = ({ at }) => (
  <time datetime={new Date(at).toISOString()} data-form="date" title={new Date(at).toISOString()}>
    {formatUtc(new Date(at).getTime())}
  </time>
);

/** How long ago something happened, with the exact time on hover. */
export const Ago: FC<{ at: string | number; now: number }> = ({ at, now }) => (
  <time datetime={new Date(at).toISOString()} title={new Date(at).toISOString()}>
    {formatAgo(new Date(at).getTime(), now)}
  </time>
);
