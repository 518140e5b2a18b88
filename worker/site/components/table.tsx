import type { Child, FC } from 'hono/jsx';

export interface Column<Row> {
  label: string;
  cell: (row: Row) => Child;
  /** Numbers and buttons are at the right edge. */
  end?: boolean;
}

interface TableProps<Row> {
  /** Read by screen readers. */
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
}

/** On a phone each row is a card: the first cell is its heading, and the others have their labels before them. */
export function Table<Row>({ caption, columns, rows }: TableProps<Row>) {
  return (
    <table class="table">
      <caption class="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          {columns.map(({ label, end }) => (
            <th scope="col" class={end ? 'end' : undefined}>
              {label || <span class="visually-hidden">Actions</span>}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr>
            {columns.map(({ label, cell, end }, index) => (
              <td
                class={[index === 0 && 'lead', end && 'end'].filter(Boolean).join(' ') || undefined}
                data-label={label}
              >
                {cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Instead of a table without rows: says what to do first. */
export const EmptyState: FC<{ title: string; children?: Child; actions?: Child }> = ({
  title,
  children,
  actions,
}) => (
  <div class="empty">
    <p class="empty-title">{title}</p>
    <p>{children}</p>
    {actions && <div class="row">{actions}</div>}
  </div>
);

/** Links to the first and the next page of a list. Null: there is none. */
export const Pagination: FC<{ first: string | null; next: string | null }> = ({ first, next }) =>
  first === null && next === null ? null : (
    <nav class="pagination" aria-label="Pages">
      <span>{first !== null && <a href={first}>First page</a>}</span>
      <span>{next !== null && <a href={next}>Next page</a>}</span>
    </nav>
  );
