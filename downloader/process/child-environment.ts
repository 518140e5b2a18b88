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
