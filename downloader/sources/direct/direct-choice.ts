/** Whether the choice of a job changes a direct file, which then passes through the job's folder. Pure. */
import { keepsAudio, keepsVideo, type MediaChoice } from '../../../worker/contract/choice/media-choice.ts';
import { JobFailure } from '../../job-failure.ts';
import type { SniffedMedia } from '../../media/sniff.ts';
import { hasForm, isInContainer } from '../files/output-plan.ts';

/** `preferred`: only the container changes, and the file may stay as it is. */
export type FolderNeed = 'no' | 'preferred' | 'required';

/**
 * Decides by the type of the file, before its tracks are known. Throws JobFailure `no_audio_track` or `no_video_track` for
 * a type that has no such track.
 */
export function folderNeed(
  choice: MediaChoice,
  { probe, container, contentType, extension }: SniffedMedia,
): FolderNeed {
  const isPicture = probe === 'picture';
  const isAudio = contentType.startsWith('audio/');
  if (isPicture && !keepsVideo(choice)) throw new JobFailure('no_audio_track');
  if ((isPicture || isAudio) && !keepsAudio(choice)) throw new JobFailure('no_video_track');
  if (isPicture) return 'no';
  if (choice.audioFormat) {
    const isDone = isAudio && hasForm(choice.audioFormat, container, CODECS_OF_TYPES[extension] ?? null);
    return isDone ? 'no' : 'required';
  }
  if (!isAudio && !(keepsVideo(choice) && keepsAudio(choice))) return 'required';
  return choice.container && !isInContainer(choice.container, container) ? 'preferred' : 'no';
}

/** The codec of types of audio that have only one. */
const CODECS_OF_TYPES: Readonly<Record<string, string>> = { mp3: 'mp3', flac: 'flac', opus: 'opus' };
