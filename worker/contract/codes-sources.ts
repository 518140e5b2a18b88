/** Codes of sources, of the files that they send, and of pages that yt-dlp reads. */
import { code, RETRIED, type CodeEntry } from './code-entry.ts';

const PUBLIC_ONLY = 'Only public media can be imported.';
const INSTALL_FFMPEG = 'Install ffmpeg on the host of the downloader.';

export const SOURCE_CODES = {
  // Sources
  source_address_forbidden: code(
    400,
    false,
    'The address of the source is not allowed.',
    'Use a public URL, or ask the operator to allow the host with EGRESS_ALLOW.',
  ),
  not_a_playlist: code(
    422,
    false,
    'The URL is not a playlist.',
    'Send the URL of a playlist, a channel or a feed, or send the URL of a single item with urls.',
  ),
  source_not_found: code(404, false, 'The source reports that the file does not exist.', 'Check the URL.'),
  source_forbidden: code(
    403,
    false,
    'The source denied access.',
    'Use a URL that is publicly accessible. A signed link may have expired.',
  ),
  source_rejected: code(
    400,
    false,
    'The source rejected the request.',
    'Open the URL in a browser to see its response.',
  ),
  source_unavailable: code(502, true, 'The source responded with a server error.', RETRIED),
  source_rate_limited: code(429, true, 'The source limits the rate of requests.', RETRIED),
  source_unreachable: code(
    502,
    true,
    'The source could not be reached.',
    `Check the host name in the URL. ${RETRIED}`,
  ),
  source_tls_failed: code(
    502,
    false,
    'The source does not have a valid TLS certificate.',
    'The owner of the source must renew or correct the certificate.',
  ),
  source_timeout: code(504, true, 'The source did not respond in time.', RETRIED),
  source_stalled: code(504, true, 'The source stopped sending data.', RETRIED),
  source_redirects: code(
    400,
    false,
    'The source redirects too many times, or to an invalid address.',
    'Use the final URL.',
  ),
  source_empty: code(422, false, 'The source is an empty file.', 'Check the URL. Nothing was stored.'),
  source_truncated: code(502, true, 'The source sent fewer bytes than the length that it declared.', RETRIED),
  source_changed: code(502, true, 'The source changed during the download.', RETRIED),
  source_too_large: code(
    422,
    false,
    'The source exceeds the size limit of this service.',
    'The operator sets the limit with MAX_BYTES. Media of pages must also fit on the disk of the downloader twice.',
  ),
  source_too_long: code(
    422,
    false,
    'The media exceeds the duration limit of this service.',
    'The operator sets the limit with MAX_DURATION_SECONDS.',
  ),

  // Choices
  no_video_track: code(
    422,
    false,
    'The source has no video.',
    'Import it without includeAudio: false, or use a source that has video.',
  ),
  no_audio_track: code(
    422,
    false,
    'The source has no audio.',
    'Import it without includeVideo: false and without audioFormat, or use a source that has audio.',
  ),
  format_not_available: code(
    422,
    false,
    'The source has no format that the field format selects.',
    'Use videoQuality, which takes the nearest quality.',
  ),
  max_bytes_exceeded: code(
    422,
    false,
    'The file is larger than maxBytes of the request.',
    'Raise maxBytes, or ask for a lower videoQuality.',
  ),
  max_duration_exceeded: code(
    422,
    false,
    'The media is longer than maxDurationSeconds of the request.',
    'Raise maxDurationSeconds.',
  ),
  max_cost_exceeded: code(
    422,
    false,
    'The import costs more than maxCostInDollars of the request.',
    'Raise maxCostInDollars, or ask for a lower videoQuality.',
  ),
  converter_unavailable: code(
    501,
    false,
    'Taking one track or another format from the file requires ffmpeg, which is not installed.',
    INSTALL_FFMPEG,
  ),
  conversion_failed: code(
    422,
    false,
    'The file could not be brought into the requested form.',
    'The file at the source is damaged, or the container cannot hold its tracks. Import it without these fields.',
  ),

  source_crashes_downloader: code(
    422,
    false,
    'The import ended its downloader or used up its memory several times, the last time while nothing else ran there.',
    'The file at the source may be damaged. Import it from another source, or give the operator the ID of the job.',
  ),

  // Media
  not_media: code(
    422,
    false,
    'The source is not an audio, video or image file.',
    'Use the URL of a media file, or of a page that contains one.',
  ),
  media_unreadable: code(
    422,
    false,
    'The file does not have a readable audio or video track.',
    'The file at the source is damaged.',
  ),
  media_truncated: code(
    422,
    true,
    'The media file is incomplete.',
    'The file at the source is incomplete. Try again when it is complete.',
  ),
  media_check_unavailable: code(
    501,
    false,
    'Only ffmpeg can check this type of media, and it is not installed.',
    INSTALL_FFMPEG,
  ),

  // Pages
  unsupported_url: code(
    422,
    false,
    'No media was found at this URL.',
    'Use the URL of a media file, or of a page on a supported site.',
  ),
  resolver_unavailable: code(
    501,
    false,
    'Importing from pages requires yt-dlp, which is not installed.',
    'Install Python 3.11 or later, and start the service again. Direct files do not require yt-dlp.',
  ),
  merger_unavailable: code(
    501,
    false,
    'The source has separate video and audio. Merging them requires ffmpeg, which is not installed.',
    INSTALL_FFMPEG,
  ),
  resolver_failed: code(
    502,
    true,
    'The page could not be read.',
    `${RETRIED} If every import from this site fails, update yt-dlp.`,
  ),
  download_failed: code(502, true, 'The media on the page could not be downloaded.', RETRIED),
  merge_failed: code(
    422,
    false,
    'Video and audio could not be merged.',
    'The streams at the source are damaged, or one file cannot contain both.',
  ),
  drm_protected: code(422, false, 'The media is protected by DRM.', 'Protected media cannot be imported.'),
  geo_blocked: code(
    403,
    false,
    'The media is not available in the region of this service.',
    'Use a source without regional restrictions.',
  ),
  login_required: code(403, false, 'The media requires a login.', PUBLIC_ONLY),
  age_restricted: code(403, false, 'The media is age-restricted.', PUBLIC_ONLY),
  private_media: code(403, false, 'The media is private.', 'Ask the owner to publish the media.'),
  members_only: code(403, false, 'The media is for members only.', PUBLIC_ONLY),
  password_required: code(403, false, 'The media is protected by a password.', PUBLIC_ONLY),
  removed_media: code(404, false, 'The media was removed.', 'Check the URL in a browser.'),
  no_media: code(
    422,
    false,
    'The page does not contain audio or video.',
    'Use the URL of the post that contains the media.',
  ),
  live_stream: code(422, false, 'The source is a live stream.', 'Import it after the stream has ended.'),
  not_started: code(
    422,
    false,
    'The stream or premiere has not started.',
    'Import it after the stream has ended.',
  ),
  bot_check: code(
    502,
    true,
    'The site requires proof that the visitor is not a bot.',
    `${RETRIED} The site may restrict the IP address of this service.`,
  ),
  ip_blocked: code(502, true, 'The site blocks the IP address of this service.', RETRIED),
} as const satisfies Record<string, CodeEntry>;
