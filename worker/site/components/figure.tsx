import type { FC } from 'hono/jsx';
import { Card } from './card.tsx';

/** One number that matters, with what it counts. */
export const Figure: FC<{ label: string; value: string }> = ({ label, value }) => (
  <Card>
    <p class="soft small">{label}</p>
    <p class="figure number">{value}</p>
  </Card>
);
