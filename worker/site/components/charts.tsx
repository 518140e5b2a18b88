/** Progress and bars, drawn on the server. */
import type { FC } from 'hono/jsx';

/** `percent` is null while nobody knows how much there is: then the bar moves. */
export const ProgressBar: FC<{ percent: number | null; label: string }> = ({ percent, label }) => (
  <progress class="progress" max="100" value={percent ?? undefined} aria-label={label}>
    {percent === null ? '' : `${Math.round(percent)} %`}
  </progress>
);

export interface Bar {
  label: string;
  value: number;
  /** Shown on hover. */
  title: string;
}

const WIDTH = 640;
const HEIGHT = 160;
const FOOT = 28;

/** One bar for each value. The table or list beside it must name the values too: a picture alone is not readable for everyone. */
export const BarChart: FC<{ bars: readonly Bar[]; label: string; tone?: 'bad' }> = ({
  bars,
  label,
  tone = '',
}) => {
  const most = Math.max(1, ...bars.map(({ value }) => value));
  const step = WIDTH / Math.max(bars.length, 1);
  const every = Math.ceil(bars.length / 8);
  const y = (value: number) => HEIGHT * (1 - value / most);
  return (
    <svg class="chart" viewBox={`0 0 ${WIDTH} ${HEIGHT + FOOT}`} role="img" aria-label={label}>
      {[0, 0.5, 1].map((part) => (
        <line class="grid" x1={0} x2={WIDTH} y1={HEIGHT * part} y2={HEIGHT * part} />
      ))}
      {bars.map(({ label, value, title }, index) => (
        <g>
          <title>{title}</title>
          <rect
            class={`bar ${tone}`}
            x={index * step + step * 0.15}
            y={y(value)}
            width={step * 0.7}
            height={HEIGHT - y(value)}
            rx={Math.min(3, step * 0.2)}
          />
          {index % every === 0 && (
            <text x={index * step + step / 2} y={HEIGHT + 20} text-anchor="middle">
              {label}
            </text>
          )}
        </g>
      ))}
    </svg>
  );
};
