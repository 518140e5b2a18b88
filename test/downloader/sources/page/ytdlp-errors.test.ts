import { describe, expect, it } from 'vitest';
import { mapYtdlpError } from '../../../../downloader/sources/page/ytdlp-errors.ts';

const RESOLVE: readonly (readonly [string, string])[] = [
  ['This video is DRM protected', 'drm_protected'],
  ['This video is not available from your location due to geo restriction', 'geo_blocked'],
  ['You might want to use a VPN or a proxy server (with --proxy) to workaround.', 'geo_blocked'],
  ['The uploader has not made this video available in your country', 'geo_blocked'],
  ['This video is only available for registered users. Use --cookies', 'login_required'],
  ['Sign in to confirm your age. This video may be inappropriate for some users.', 'age_restricted'],
  ["Sign in to confirm you're not a bot. Use --cookies-from-browser or --cookies", 'bot_check'],
  ['This video requires a captcha challenge before playback', 'bot_check'],
  ['The current session has been rate-limited by YouTube for up to an hour.', 'source_rate_limited'],
  ['Unable to download webpage: HTTP Error 429: Too Many Requests', 'source_rate_limited'],
  ['Your IP is likely being blocked by Youtube', 'ip_blocked'],
  ['Your IP address is blocked from accessing this post', 'ip_blocked'],
  ['This video is protected by a password, use the --video-password option', 'password_required'],
  ['Private video. Sign in if you have been granted access to this video', 'private_media'],
  ['This user account is private. Log into an account that has access', 'private_media'],
  ['You are not authorized to view this protected tweet', 'private_media'],
  ['Join this channel to get access to members-only content', 'members_only'],
  ['This live event will begin in 3 hours.', 'not_started'],
  ['The channel is not currently live', 'no_media'],
  ['Video unavailable. This video has been removed by the uploader', 'removed_media'],
  ['Requested tweet is unavailable. Suspended', 'removed_media'],
  ['No video could be found in this tweet', 'no_media'],
  ['There is no video in this post', 'no_media'],
  ['Requested format is not available. Use --list-formats', 'no_media'],
  ['Unsupported URL: https://a.example/?token=secret', 'unsupported_url'],
  ["'nonsense' is not a valid URL", 'unsupported_url'],
  ['Unable to download webpage: HTTP Error 470: unknown', 'source_address_forbidden'],
  ['unable to write data: [Errno 28] No space left on device', 'downloader_disk_full'],
  ['MemoryError', 'source_too_large'],
  ['unable to write data: [Errno 27] File too large', 'source_too_large'],
  ['[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed', 'source_tls_failed'],
  ['Unable to download webpage: The read operation timed out', 'source_timeout'],
  ['[Errno -2] Name or service not known', 'source_unreachable'],
  ['Tunnel connection failed: 502 Not connected', 'source_unreachable'],
  ['Unable to download webpage: HTTP Error 404: Not Found', 'source_not_found'],
  ['Unable to download webpage: HTTP Error 403: Forbidden', 'source_forbidden'],
  ['Unable to download webpage: HTTP Error 503: Service Unavailable', 'source_unavailable'],
  ['Unable to download webpage: HTTP Error 418: Teapot', 'source_rejected'],
  ["KeyError('sourceURL'); please report this issue on the tracker", 'resolver_failed'],
];

describe('the meaning of what yt-dlp says', () => {
  it.each(RESOLVE)('of "%s" is %s', (text, code) => {
    const { failure } = mapYtdlpError(`WARNING: noise\nERROR: [generic] abc: ${text}\n`, 'resolve');
    expect(failure.code).toBe(code);
    expect(failure.detail ?? '').toMatch(/^(?:HTTP \d{3})?$/);
  });

  it('of a segment that is not there is a failed download', () => {
    const { failure } = mapYtdlpError('ERROR: fragment 3 not found, HTTP Error 404: Not Found', 'download');
    expect(failure).toEqual({ code: 'download_failed', detail: 'HTTP 404' });
  });

  it('of nothing at all is the failure of the phase', () => {
    expect(mapYtdlpError('', 'resolve').failure).toEqual({ code: 'resolver_failed' });
    expect(mapYtdlpError('Killed', 'download').failure).toEqual({ code: 'download_failed' });
  });
});
