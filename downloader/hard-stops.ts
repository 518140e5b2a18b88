/** Limits of a job on the size and the duration of its media: those of the service, and those of the request. */
import type { JobLimits } from '../worker/contract/downloader/command.ts';
import { JobFailure } from './job-failure.ts';

/** Refuses media that is longer than the request, or else the service, allows. */
export function refuseLong(
  seconds: number | null | undefined,
  { maxDurationSeconds, stops }: Pick<JobLimits, 'maxDurationSeconds' | 'stops'>,
): void {
  const length = seconds ?? 0;
  const text = `${Math.round(length)} s`;
  if (length > (stops?.maxDurationSeconds ?? Infinity)) throw new JobFailure('max_duration_exceeded', text);
  if (length > maxDurationSeconds) throw new JobFailure('source_too_long', text);
}

/** Refuses a file that is larger than the request, or else the service, allows to be stored. */
export function refuseLarge(bytes: number, { maxBytes, stops }: Pick<JobLimits, 'maxBytes' | 'stops'>): void {
  const text = `${bytes} bytes`;
  if (bytes > (stops?.maxBytes ?? Infinity))
    throw new JobFailure(stops?.maxBytesCode ?? 'max_bytes_exceeded', text);
  if (bytes > maxBytes) throw new JobFailure('source_too_large', text);
}
