/** Charts of usage by day. */
import type { FC } from 'hono/jsx';
import { Card } from '../../components/card.tsx';
import { BarChart } from '../../components/charts.tsx';
import { formatBytes, formatCount } from '../../components/format.ts';
import type { Day } from './days.ts';

interface Chart {
  title: string;
  valueOf: (day: Day) => number;
  format: (value: number) => string;
  tone?: 'bad';
}

const CHARTS: readonly Chart[] = [
  { title: 'Completed', valueOf: ({ completed }) => completed, format: formatCount },
  { title: 'Failed', valueOf: ({ failed }) => failed, format: formatCount, tone: 'bad' },
  { title: 'Bytes', valueOf: ({ bytes }) => bytes, format: formatBytes },
  { title: 'Cost', valueOf: ({ costInDollars }) => costInDollars, format: (value) => `$${value.toFixed(2)}` },
];

const MONTH_AND_DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });

/** A bar for each day. The figures above the charts and the CSV say the same in numbers. */
export const DayCharts: FC<{ days: readonly Day[] }> = ({ days }) => (
  <div class="columns wide">
    {CHARTS.map(({ title, valueOf, format, tone }) => (
      <Card title={title} lead={`At most ${format(Math.max(...days.map(valueOf)))} in a day`}>
        <BarChart
          label={`${title} by day`}
          bars={days.map((day) => ({
            label: MONTH_AND_DAY.format(Date.parse(day.day)),
            value: valueOf(day),
            title: `${day.day}: ${format(valueOf(day))}`,
          }))}
          {...(tone && { tone })}
        />
      </Card>
    ))}
  </div>
);
