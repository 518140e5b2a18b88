import type { Child, FC } from 'hono/jsx';

interface DefinitionsProps {
  rows: readonly (readonly [name: string, value: Child])[];
  /** For narrow columns: each value is below its name. */
  stacked?: boolean;
}

/** Names with their values. Rows whose value is null are left out. */
export const Definitions: FC<DefinitionsProps> = ({ rows, stacked = false }) => (
  <dl class={stacked ? 'definitions stacked' : 'definitions'}>
    {rows
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value]) => (
        <>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </>
      ))}
  </dl>
);
