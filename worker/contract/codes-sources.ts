/** Codes of sources, of what they brought, and of pages that yt-dlp reads. */
import { code, type CodeEntry } from './code-entry.ts';

export const SOURCE_CODES = {
  // Sources
  source_address_forbidden: code(
    400,
    false,
    'The source is on an address that may not be reached.',
    'Use a public URL, or have the operator allow the host in EGRESS_ALLOW.',
  ),
  source_not_found: code(404, false, 'The source answered that the file does not exist.', 'Check the URL.'),
  source_forbidden: code(
    403,
    false,
    'The source refused access.',
    'The URL must be publicly accessible; signed links may have expired.',
  ),
  source_rejected: code(
    400,
    false,
    'The source refused the request.',
    'Open the URL in a browser to see what it answers.',
  ),
  source_unavailable: code(
    502,
    true,
    'The source answered with a server error.',
    'It is tried again by itself.',
  ),
  source_rate_limited: code(
    429,
    true,
    'The source limits how often it may be asked.',
    'It is tried again by itself, later.',
  ),
  source_unreachable: code(
    502,
    true,
    'The source could not be reached.',
    'Check the host name; the connection is tried again by itself.',
  ),
  source_tls_failed: code(
    502,
    false,
    'The source has no valid TLS certificate.',
    'Its owner must renew or correct the certificate.',
  ),
  source_timeout: code(504, true, 'The source did not answer in time.', 'It is tried again by itself.'),
  source_stalled: code(504, true, 'The source stopped sending.', 'It is tried again by itself.'),
  source_redirects: code(400, false, 'The source redirects too often or to nowhere.', 'Use the final URL.'),
  source_empty: code(422, false, 'The source is an empty file.', 'Check the URL; nothing was stored.'),
  source_truncated: code(
    502,
    true,
    'The source ended before the length that it declared.',
    'It is tried again by itself.',
  ),
  source_changed: code(502, true, 'The source changed while it was read.', 'It is tried again by itself.'),
  source_too_large: code(
    422,
    false,
    'The source is larger than this service accepts.',
    'The limit is MAX_BYTES.',
  ),
  source_too_long: code(
    422,
    false,
    'The media lasts longer than this service accepts.',
    'The limit is MAX_DURATION_SECONDS.',
  ),

  // Media
  not_media: code(
    422,
    false,
    'The source is not an audio, video or picture file.',
    'Use the URL of a media file, or of a page that holds one.',
  ),
  media_unreadable: code(
    422,
    false,
    'The file has no readable audio or video track.',
    'The file at the source is damaged.',
  ),
  media_truncated: code(
    422,
    true,
    'The media file is cut short.',
    'The file at the source is incomplete; try again when it is whole.',
  ),
  media_check_unavailable: code(
    501,
    false,
    'This kind of media can only be checked with ffmpeg, which is not installed.',
    'Install ffmpeg where the downloader runs.',
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
    'Pages need yt-dlp, which is not installed.',
    'Install Python 3.11 or newer and start again; direct files work without.',
  ),
  merger_unavailable: code(
    501,
    false,
    'This source has separate video and audio, and ffmpeg to merge them is not installed.',
    'Install ffmpeg where the downloader runs.',
  ),
  resolver_failed: code(
    502,
    true,
    'The page could not be read.',
    'It is tried again by itself; an update of yt-dlp may be needed.',
  ),
  download_failed: code(
    502,
    true,
    'The media behind the page could not be downloaded.',
    'It is tried again by itself.',
  ),
  merge_failed: code(
    422,
    false,
    'Video and audio could not be merged.',
    'The streams at the source are damaged or do not fit one file.',
  ),
  drm_protected: code(422, false, 'The media is protected by DRM.', 'Protected media cannot be imported.'),
  geo_blocked: code(
    403,
    false,
    'The media is not available in the region of this service.',
    'Use a source without regional limits.',
  ),
  login_required: code(
    403,
    false,
    'The media can only be seen after signing in.',
    'Only public media can be imported.',
  ),
  age_restricted: code(403, false, 'The media is restricted by age.', 'Only public media can be imported.'),
  private_media: code(403, false, 'The media is private.', 'Ask its owner to publish it.'),
  members_only: code(403, false, 'The media is for members only.', 'Only public media can be imported.'),
  password_required: code(
    403,
    false,
    'The media is protected by a password.',
    'Only public media can be imported.',
  ),
  removed_media: code(404, false, 'The media was removed.', 'Check the URL in a browser.'),
  no_media: code(
    422,
    false,
    'The page holds no audio or video.',
    'Use the URL of the post that holds the media.',
  ),
  live_stream: code(422, false, 'The source is a live stream.', 'Import it after the stream has ended.'),
  not_started: code(422, false, 'The stream or premiere has not started.', 'Import it after it has ended.'),
  bot_check: code(
    502,
    true,
    'The site asks whether a person is there.',
    'It is tried again by itself; the address of the service may be limited.',
  ),
  ip_blocked: code(502, true, 'The site blocks the address of this service.', 'It is tried again by itself.'),
} as const satisfies Record<string, CodeEntry>;
