/** Finds programs on PATH. */
import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';

/** The absolute path, since children do not get the PATH of the operator. An absolute path is returned as it is. */
export async function locate(command: string): Promise<string | null> {
  if (isAbsolute(command)) return command;
  for (const directory of (process.env['PATH'] ?? '').split(delimiter).filter(isAbsolute)) {
    const path = join(directory, command);
    const runs = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return path;
  }
  return null;
}
