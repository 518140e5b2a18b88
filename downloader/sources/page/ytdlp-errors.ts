/** Maps the error messages of yt-dlp to codes. The messages never leave the downloader. */
import type { Code } from '../../../worker/contract/codes.ts';
import { tellsDiskFull } from '../../disk-full.ts';
import { JobFailure } from '../../job-failure.ts';

/**
 * The first row that matches decides; rows go from the particular to the general. Texts are those of release
 * 2026.10.26; what comes from servers (YouTube's reasons) is matched loosely.
 */
const MEANINGS: readonly (readonly [RegExp, Code])[] = [
  [/DRM protected|requires? DRM/i, 'drm_protected'],
  [/geo.?restrict|not (?:made this video )?available (?:in|from) your (?:country|location)/i, 'geo_blocked'],
  [/use a VPN or a proxy server|not available in your (?:region|country)/i, 'geo_blocked'],
  [/confirm your age|age.?restricted|NSFW tweet|inappropriate for some users/i, 'age_restricted'],
  [/captcha|not a bot|anti-bot challenge|unusual traffic/i, 'bot_check'],
  [/rate.?limit|HTTP Error 429|Too Many Requests/i, 'source_rate_limited'],
  [/IP (?:address )?is (?:likely )?(?:being )?blocked/i, 'ip_blocked'],
  [/blocked due to its TLS fingerprint/i, 'bot_check'],
  [
    /members.only|join this channel|subscriber-only content|available to (?:this channel's )?members/i,
    'members_only',
  ],
  [/password.?protected|protected by a password|--video-password/i, 'password_required'],
  [/private video|account is private|protected tweet|do not have permission to view/i, 'private_media'],
  [/registered users who follow/i, 'private_media'],
  [/embed-only video/i, 'private_media'],
  [/has not yet started|premieres? in|will begin in|live event will begin/i, 'not_started'],
  [/livestream has ended|not currently live|is offline/i, 'no_media'],
  [
    /only available for registered users|--cookies|sign in|log ?in|requires authentication/i,
    'login_required',
  ],
  [/Restricted Video|empty media response/i, 'login_required'],
  [/removed|deleted|suspended|terminated|no longer available|Video unavailable/i, 'removed_media'],
  [/Requested tweet is unavailable|Video not available, status code/i, 'removed_media'],
  [/No video could be found|no video in this post|No video formats found|no media/i, 'no_media'],
  [/Requested format is not available|Invalid (?:format|filter) specification/i, 'no_media'],
  [/Unsupported URL:|is not a valid URL/, 'unsupported_url'],
  [/MemoryError|Cannot allocate memory|File too large/, 'source_too_large'],
  [/Unsupported url scheme|file:\/\/ (?:URLs|scheme)/i, 'download_failed'],
  [/HTTP Error 470/i, 'source_address_forbidden'],
  [/CERTIFICATE_VERIFY_FAILED|certificate verify failed|SSLCertVerification/i, 'source_tls_failed'],
  [/timed out|timeout/i, 'source_timeout'],
  [/Connection refused|Name or service not known|getaddrinfo|No route to host/i, 'source_unreachable'],
  [/Connection reset|Connection aborted|RemoteDisconnected|Tunnel connection failed/i, 'source_unreachable'],
];

export type YtdlpPhase = 'resolve' | 'download';

/** Turns the end of stderr into a failure whose detail is ours. */
export function mapYtdlpError(stderr: string, phase: YtdlpPhase): JobFailure {
  const errors = stderr.split('\n').filter((line) => line.startsWith('ERROR:'));
  const text = errors.length > 0 ? errors.join('\n') : stderr;
  const general: Code = phase === 'resolve' ? 'resolver_failed' : 'download_failed';
  if (tellsDiskFull(text)) return new JobFailure('downloader_disk_full');
  const known = MEANINGS.find(([pattern]) => pattern.test(text))?.[1];
  const status = Number(/HTTP Error (\d{3})/.exec(text)?.[1] ?? 0);
  if (known) return new JobFailure(known);
  if (!status) return new JobFailure(general);
  return new JobFailure(phase === 'resolve' ? codeOfStatus(status) : general, `HTTP ${status}`);
}

function codeOfStatus(status: number): Code {
  if (status === 404 || status === 410) return 'source_not_found';
  if (status === 401 || status === 403) return 'source_forbidden';
  return status >= 500 ? 'source_unavailable' : 'source_rejected';
}
