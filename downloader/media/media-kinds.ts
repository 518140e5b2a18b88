/** The table of media formats: their names in the file-type library, and ours. */

/** How a format is checked: by our readers and mediabunny, by ffmpeg, or as a picture. */
export type ProbeWay = 'mediabunny' | 'ffmpeg' | 'picture';

export interface MediaKind {
  /** Our name of the container, as it appears in MediaFacts. */
  container: string;
  extension: string;
  contentType: string;
  probe: ProbeWay;
  /** The one demuxer that ffmpeg may use for it. */
  demuxer?: string;
}

const ISO = 'mov,mp4,m4a,3gp,3g2,mj2';

function own(container: string, extension: string, contentType: string, demuxer: string): MediaKind {
  return { container, extension, contentType, probe: 'mediabunny', demuxer };
}

function byFfmpeg(container: string, extension: string, contentType: string, demuxer: string): MediaKind {
  return { container, extension, contentType, probe: 'ffmpeg', demuxer };
}

function picture(container: string, extension: string, contentType: string): MediaKind {
  return { container, extension, contentType, probe: 'picture' };
}

/**
 * By the MIME type that file-type 22 reports. Formats that are not listed (archives, raw photos, MIDI) are not media. MXF
 * is not listed, since ffmpeg takes cubic time to resolve its metadata.
 */
export const KINDS_BY_MIME: Readonly<Record<string, MediaKind>> = {
  'video/mp4': own('mp4', 'mp4', 'video/mp4', ISO),
  'video/x-m4v': own('mp4', 'm4v', 'video/mp4', ISO),
  'audio/x-m4a': own('mp4', 'm4a', 'audio/mp4', ISO),
  'audio/mp4': own('mp4', 'm4a', 'audio/mp4', ISO),
  'video/quicktime': own('mov', 'mov', 'video/quicktime', ISO),
  'video/3gpp': own('mp4', '3gp', 'video/3gpp', ISO),
  'video/3gpp2': own('mp4', '3g2', 'video/3gpp2', ISO),
  'video/webm': own('webm', 'webm', 'video/webm', 'matroska,webm'),
  'video/matroska': own('matroska', 'mkv', 'video/x-matroska', 'matroska,webm'),
  'audio/mpeg': own('mp3', 'mp3', 'audio/mpeg', 'mp3'),
  'audio/ogg': own('ogg', 'ogg', 'audio/ogg', 'ogg'),
  'audio/ogg; codecs=opus': own('ogg', 'opus', 'audio/ogg', 'ogg'),
  'video/ogg': byFfmpeg('ogg', 'ogv', 'video/ogg', 'ogg'),
  'audio/flac': own('flac', 'flac', 'audio/flac', 'flac'),
  'audio/wav': own('wav', 'wav', 'audio/wav', 'wav'),
  'audio/aac': own('aac', 'aac', 'audio/aac', 'aac'),
  'video/mp2t': own('mpegts', 'ts', 'video/mp2t', 'mpegts'),
  'video/vnd.avi': byFfmpeg('avi', 'avi', 'video/x-msvideo', 'avi'),
  'video/x-flv': byFfmpeg('flv', 'flv', 'video/x-flv', 'flv'),
  'video/x-ms-asf': byFfmpeg('asf', 'wmv', 'video/x-ms-wmv', 'asf'),
  'audio/x-ms-asf': byFfmpeg('asf', 'wma', 'audio/x-ms-wma', 'asf'),
  'application/vnd.ms-asf': byFfmpeg('asf', 'asf', 'video/x-ms-asf', 'asf'),
  'video/MP1S': byFfmpeg('mpeg', 'mpg', 'video/mpeg', 'mpeg'),
  'video/MP2P': byFfmpeg('mpeg', 'mpg', 'video/mpeg', 'mpeg'),
  'video/mpeg': byFfmpeg('mpegvideo', 'mpg', 'video/mpeg', 'mpegvideo'),
  'audio/aiff': byFfmpeg('aiff', 'aiff', 'audio/aiff', 'aiff'),
  'audio/x-caf': byFfmpeg('caf', 'caf', 'audio/x-caf', 'caf'),
  'audio/amr': byFfmpeg('amr', 'amr', 'audio/amr', 'amr'),
  'audio/vnd.dolby.dd-raw': byFfmpeg('ac3', 'ac3', 'audio/ac3', 'ac3,eac3'),
  'audio/ape': byFfmpeg('ape', 'ape', 'audio/ape', 'ape'),
  'audio/wavpack': byFfmpeg('wavpack', 'wv', 'audio/wavpack', 'wv'),
  'image/png': picture('png', 'png', 'image/png'),
  'image/apng': picture('png', 'png', 'image/apng'),
  'image/jpeg': picture('jpeg', 'jpg', 'image/jpeg'),
  'image/gif': picture('gif', 'gif', 'image/gif'),
  'image/webp': picture('webp', 'webp', 'image/webp'),
  'image/bmp': picture('bmp', 'bmp', 'image/bmp'),
  'image/tiff': picture('tiff', 'tiff', 'image/tiff'),
  'image/avif': picture('avif', 'avif', 'image/avif'),
  'image/heic': picture('heif', 'heic', 'image/heic'),
  'image/heif': picture('heif', 'heif', 'image/heif'),
};
