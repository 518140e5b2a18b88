/** The whole environment of our children. */

/**
 * Nothing of the downloader's own environment, so that no variable of the operator (a proxy, NO_PROXY, a path of
 * plugins) changes what a tool does; home and temporary files lie in the given folder.
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
