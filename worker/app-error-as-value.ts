import { AppError } from './errors.ts';

/** The value of the promise, or the AppError that it rejects with. Any other error is thrown. */
export async function appErrorAsValue<Value>(promise: Promise<Value>): Promise<Value | AppError> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}
