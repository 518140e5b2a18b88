/** The frame rate that the headers of a Matroska file state. Pure. */
import { frameRate } from '../../track-rates.ts';
import { childrenOf, ID, numberIn } from './ebml.ts';

/** `TrackType` of video. */
const VIDEO = 1;

/** Of the first video track; null when the file does not state the duration of its frames. `header`: the kept headers. */
export function statedFrameRate(header: Uint8Array): number | null {
  const [, segment] = childrenOf(header);
  for (const { id, data } of childrenOf(segment?.data ?? new Uint8Array())) {
    if (id !== ID.tracks) continue;
    for (const entry of childrenOf(data)) {
      if (entry.id !== ID.trackEntry || numberIn(entry.whole, ID.trackType) !== VIDEO) continue;
      const nanoseconds = numberIn(entry.whole, ID.defaultDuration);
      return nanoseconds ? frameRate(1, nanoseconds / 1e9) : null;
    }
  }
  return null;
}
