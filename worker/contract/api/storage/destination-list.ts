/** The list of destinations in the body of `POST /import`. */
import { z } from 'zod';
import { DestinationName } from './storage-names.ts';

/** The largest number of destinations of one import. */
const MAX_DESTINATIONS = 5;

/** The fields of a request that name its destinations. */
export interface NamedDestinations {
  storageDestination?: string | undefined;
  storageDestinations?: string[] | undefined;
}

export const DestinationNames = z
  .array(DestinationName)
  .min(1)
  .max(MAX_DESTINATIONS)
  .optional()
  .describe(
    'The names of several destinations. The source is read once, and the file is stored in each of them. The first one is `s3Storage` in the answers.',
  );

/** What the list contradicts in the same request, by field. */
export function destinationProblems(
  request: NamedDestinations & { storageBucket?: string | undefined; storageClass?: string | undefined },
): { field: string; message: string }[] {
  const { storageDestination, storageDestinations: names } = request;
  if (names === undefined) return [];
  const problems: { field: string; message: string }[] = [];
  const add = (field: string, message: string) => problems.push({ field, message });
  if (new Set(names).size < names.length) add('storageDestinations', 'must name each destination once');
  if (storageDestination !== undefined && storageDestination !== names[0])
    add('storageDestination', 'must be the first of storageDestinations, or be omitted');
  for (const field of ['storageBucket', 'storageClass'] as const)
    if (names.length > 1 && request[field] !== undefined)
      add(
        field,
        'belongs to one destination: with several storageDestinations, set it in the settings of the destination',
      );
  return problems;
}

/**
 * The request with its first destination also as `storageDestination`: code that knows one destination uses the first.
 */
export function withFirstDestination<Request extends NamedDestinations>(request: Request): Request {
  const [first] = request.storageDestinations ?? [];
  return first === undefined ? request : { ...request, storageDestination: first };
}

/** The names in the order of the request; undefined stands for the default destination. */
export function destinationNames({
  storageDestination,
  storageDestinations,
}: NamedDestinations): (string | undefined)[] {
  return storageDestinations ?? [storageDestination];
}
