import { AppError } from '../errors.ts';

/** AppError `invalid_request` about one field of a request, in the shape of the door's own validation. */
export function invalidField(field: string, message: string): AppError {
  return new AppError('invalid_request', message, { field, fields: [{ field, message }] });
}
