/** An error that the user can correct. It is printed as one sentence, without a stack trace. */
export class StartProblem extends Error {
  override readonly name = 'StartProblem';
}

/** Prints the sentence of a StartProblem, or any other error with its stack trace, and sets the exit code to 1. */
export function reportProblem(error: unknown): void {
  console.error(error instanceof StartProblem ? error.message : error);
  process.exitCode = 1;
}
