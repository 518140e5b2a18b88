import type { Child, FC } from 'hono/jsx';

interface LiveListProps {
  id: string;
  /** The URL of this page of the list, with its filters. */
  href: string;
  /** Whether a row can still change. */
  isRunning: boolean;
  children?: Child;
}

/** A list that asks for itself again while one of its rows runs. */
export const LiveList: FC<LiveListProps> = ({ id, href, isRunning, children }) => {
  const poll = isRunning
    ? { 'hx-get': href, 'hx-trigger': 'every 3s', 'hx-select': `#${id}`, 'hx-swap': 'outerHTML' }
    : {};
  return (
    <div id={id} {...poll}>
      {children}
    </div>
  );
};
