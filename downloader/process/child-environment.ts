/** The environment variables of child processes. */

/**
 * Nothing from the environment of the downloader, so that no variable of the operator (a proxy, NO_PROXY, a plugin path)
 * changes what a tool does. Home and temporary files are in the given folder.
 */
export function childEnvironment(directory: string): Record<string, string> {
  return {
    PATH: '/usr/bin:/bin',
    LANG: 'C.UTF-8',
    LC_ALL: 'C.UTF-8',
    HOME: directory,
    TMPDIR: directory,
    XDG_CACHE_HOME: directory,
    XDG_CONFIG_HOME: directory,
  };
}

/** Node reserves half a GiB for compiled code, and needs a quarter of one for the scripts of a large site. */
const COMPILER_BYTES = 1024 ** 3;

/** For children that run JavaScript: with little memory, it is not compiled, which takes a third of the memory and three times as long. */
export function scriptEnvironment(memoryBytes: number): Record<string, string> {
  return memoryBytes < COMPILER_BYTES ? { NODE_OPTIONS: '--jitless' } : {};
}
