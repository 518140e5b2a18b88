import { AppError } from './errors.ts';

/** The value, or the AppError that the promise was refused with; anything else is thrown on. */
export async function appErrorAsValue<Value>(promise: Promise<Value>): Promise<Value | AppError> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}
