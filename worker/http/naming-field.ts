import { AppError } from '../errors.ts';
import { invalidFields } from './error-body.ts';

/** Runs a check of one field of the request; an AppError that names no field is thrown again as `invalid_request` of this one. */
export function namingField<Result>(field: string, check: () => Result): Result {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof AppError) || error.fields['field'] !== undefined) throw error;
    throw invalidFields([{ field, message: `${field}: ${error.message}` }]);
  }
}
