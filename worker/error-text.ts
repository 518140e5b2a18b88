/** What of a caught error may be logged: database errors carry the parameters of their statement behind the first line. */
export function errorText(error: unknown): string {
  return (
    (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).split('\nparams:')[0] ?? ''
  );
}
