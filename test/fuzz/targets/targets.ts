/** Everything that is fuzzed. */
import type { Target } from '../target.ts';
import { LIBRARY_TARGETS } from './libraries.ts';
import { MEDIA_TARGETS } from './media.ts';
import { PAGE_TARGETS } from './pages.ts';
import { TEXT_TARGETS } from './texts.ts';

export const TARGETS: readonly Target[] = [
  ...MEDIA_TARGETS,
  ...TEXT_TARGETS,
  ...PAGE_TARGETS,
  ...LIBRARY_TARGETS,
];
