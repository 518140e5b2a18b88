/** A program to run in a child process. */
export interface Program {
  command: string;
  args: readonly string[];
}
