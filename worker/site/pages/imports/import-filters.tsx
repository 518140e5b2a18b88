/** The filters above the list of imports. */
import type { FC } from 'hono/jsx';
import { ImportListQuery } from '../../../contract/api/import-list.ts';
import { JobStatus } from '../../../contract/job.ts';
import { toInvalidRequest } from '../../../http/invalid-request.ts';
import { ButtonLink, SubmitButton } from '../../components/button.tsx';
import { SelectField, TextField } from '../../components/field.tsx';
import { IMPORT_STATES } from '../../components/import-state.tsx';
import type { Problems, Typed } from '../../forms.ts';
import { IMPORTS_PATH } from './paths.ts';

/** The names that people read. */
export const FILTER_LABELS = {
  text: 'Words',
  status: 'State',
  host: 'Site',
  destination: 'Destination',
  createdFrom: 'From',
  createdTo: 'Until',
  batch: 'Batch',
} as const;
const NAMES = Object.keys(FILTER_LABELS) as (keyof typeof FILTER_LABELS)[];

const PAGE_LENGTH = '25';
const DAY_MS = 86_400_000;

/** What the address of the page says: the filters that are set. */
export function typedFilters(url: URL): Typed {
  return Object.fromEntries(
    NAMES.flatMap((name) => {
      const value = url.searchParams.get(name)?.trim() ?? '';
      return value === '' ? [] : [[name, value]];
    }),
  );
}

/** The query of the API. Days are in UTC; the last one is included. AppError `invalid_request`. */
export function toListQuery({ createdFrom, createdTo, ...rest }: Typed, cursor: string | undefined) {
  const parsed = ImportListQuery.safeParse({
    ...rest,
    ...(createdFrom !== undefined && { createdFrom: startOf(createdFrom, 0) }),
    ...(createdTo !== undefined && { createdTo: startOf(createdTo, 1) }),
    limit: PAGE_LENGTH,
    ...(cursor !== undefined && { cursor }),
  });
  if (parsed.success) return parsed.data;
  throw toInvalidRequest(parsed.error);
}

function startOf(day: string, daysLater: number): string {
  const time = Date.parse(`${day}T00:00:00Z`);
  // What is no day is refused by the schema.
  return Number.isNaN(time) ? day : new Date(time + daysLater * DAY_MS).toISOString();
}

interface FiltersProps {
  typed: Typed;
  problems: Problems;
  destinations: readonly string[];
}

/** A form that changes the address of the page, so that a list can be kept as a bookmark. */
export const Filters: FC<FiltersProps> = ({ typed, problems, destinations }) => {
  const field = (name: keyof typeof FILTER_LABELS) => ({
    name,
    label: FILTER_LABELS[name],
    value: typed[name],
    error: problems[name],
  });
  return (
    <form class="filters" method="get" action={IMPORTS_PATH} role="search">
      <TextField {...field('text')} type="search" placeholder="In the title or URL" />
      <SelectField
        {...field('status')}
        options={[['', 'All'], ...JobStatus.options.map((name) => [name, IMPORT_STATES[name].word] as const)]}
      />
      <TextField {...field('host')} placeholder="youtube.com" />
      {destinations.length > 0 && (
        <SelectField
          {...field('destination')}
          options={[['', 'All'], ...destinations.map((name) => [name, name] as const)]}
        />
      )}
      <TextField {...field('createdFrom')} type="date" />
      <TextField {...field('createdTo')} type="date" />
      {typed.batch !== undefined && <input type="hidden" name="batch" value={typed.batch} />}
      <div class="row filter-buttons">
        <SubmitButton>Filter</SubmitButton>
        {Object.keys(typed).length > 0 && (
          <ButtonLink kind="quiet" href={IMPORTS_PATH}>
            Clear
          </ButtonLink>
        )}
      </div>
    </form>
  );
};
