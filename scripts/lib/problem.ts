/** A reason not to start that a person can act upon: printed as one sentence, without a stack. */
export class StartProblem extends Error {
  override readonly name = 'StartProblem';
}

/** Prints a problem as its sentence, anything else as the bug that it is, and sets the exit code to 1. */
export function reportProblem(error: unknown): void {
  console.error(error instanceof StartProblem ? error.message : error);
  process.exitCode = 1;
}
