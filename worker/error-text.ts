/** The part of an error that may be logged. Database errors have the parameters of their statement after the first line. */
export function errorText(error: unknown): string {
  return (
    (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).split('\nparams:')[0] ?? ''
  );
}
