/**
 * Jobs that a downloader runs beyond its capacity. Such a place is for a workspace that runs nothing there: the jobs of one
 * workspace, however slow their sources are, cannot keep the first job of another one waiting. Imports nothing.
 */
export const EXTRA_PLACES = 1;
