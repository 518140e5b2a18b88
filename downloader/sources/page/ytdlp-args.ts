/**
 * Arguments for yt-dlp. Pure. It resolves and downloads, nothing else: no post-processing, no ffmpeg, no
 * configuration, plugins, cookies or cache of its own, and no way to the network but the job's proxy.
 */

export interface YtdlpSettings {
  /** The job's egress proxy, with its credentials. */
  proxyUrl: string;
  /** A JavaScript runtime, which YouTube needs: Node 22 or newer. */
  nodePath: string;
  /** A format selector of the request. */
  selector?: string | undefined;
}

/** Seconds that one socket may be silent. */
const SOCKET_TIMEOUT_SECONDS = 20;
/** Fragments that are downloaded at once: hides the latency of small segments; more brings limits of sites. */
const CONCURRENT_FRAGMENTS = 4;

/** Selects any format, since we choose from the list. Images alone are no media. */
const ANY_FORMAT = 'bv*+ba/b/bv*/ba';

/** Prints the information of one page with all its formats as one line of JSON. */
export function resolveArgs(settings: YtdlpSettings, url: string): string[] {
  return [
    ...common(settings),
    '--dump-single-json',
    `--format=${settings.selector ?? ANY_FORMAT}`,
    '--',
    url,
  ];
}

/** The same for a description: a page whose media cannot be downloaded is described as well. */
export function describeArgs(settings: YtdlpSettings, url: string): string[] {
  return ['--ignore-no-formats-error', ...resolveArgs(settings, url)];
}

/** Entries of a playlist that are read before the filter of the request. */
const MAX_LISTED_ENTRIES = 5000;

/** Prints the list of a playlist as one line of JSON, without reading its entries. YouTube gives their days only on demand. */
export function playlistArgs(settings: YtdlpSettings, url: string): string[] {
  return [
    ...common(settings),
    ['--yes-playlist', '--playlist-items', `1:${MAX_LISTED_ENTRIES}`, '--flat-playlist'],
    ['--extractor-args', 'youtubetab:approximate_date'],
    ['--dump-single-json', '--', url],
  ].flat();
}

/** Downloads the formats `p0`, and `p1` when there are two, of an information file into `<folder>/p0.media` …. */
export function downloadArgs(settings: YtdlpSettings, infoFile: string, count: number): string[] {
  const formats = Array.from({ length: count }, (_, index) => `p${index}`).join(',');
  return [
    ...common(settings),
    ['--load-info-json', infoFile],
    ['-f', formats],
    ['--output', '%(format_id)s.media'],
    // Without this, yt-dlp skips a missing segment without an error.
    ['--abort-on-unavailable-fragments', '--fragment-retries', '3'],
    ['--fixup', 'never', '--no-mtime', '--no-continue', '--hls-prefer-native'],
    ['--concurrent-fragments', String(CONCURRENT_FRAGMENTS)],
    ['--quiet', '--no-progress'],
  ].flat();
}

function common({ proxyUrl, nodePath }: YtdlpSettings): string[] {
  return [
    ['--ignore-config', '--no-config-locations', '--no-plugin-dirs', '--no-remote-components'],
    ['--no-exec', '--no-cookies', '--no-cookies-from-browser', '--no-cache-dir', '--no-mark-watched'],
    ['--no-playlist', '--playlist-items', '1', '--default-search', 'error'],
    ['--no-js-runtimes', '--js-runtimes', `node:${nodePath}`],
    ['--proxy', proxyUrl],
    // A folder that does not exist, so that yt-dlp runs no ffmpeg, not even one on PATH.
    ['--ffmpeg-location', '/nonexistent'],
    ['--socket-timeout', String(SOCKET_TIMEOUT_SECONDS), '--retries', '3', '--extractor-retries', '2'],
    ['--color', 'never'],
  ].flat();
}
