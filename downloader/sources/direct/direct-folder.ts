/** A direct file that its choice changes: it is saved in the job's folder, and cut or converted there. */
import { join } from 'node:path';
import type { Content } from '../../content.ts';
import { choiceOf, type JobContext } from '../../job-context.ts';
import { JobFailure } from '../../job-failure.ts';
import { assemble } from '../files/assemble.ts';
import { inspectFile } from '../files/inspect-file.ts';
import { localContent } from '../files/local-content.ts';
import { saveSource } from '../files/save-source.ts';
import { folderNeed } from './direct-choice.ts';
import { describe, httpSource, takenBy, type DirectDeps, type Opened } from './opened.ts';

/**
 * Whether the file must pass the folder. A container that is only preferred is given up when the file may not fit on the disk. Throws JobFailure
 * `no_audio_track` or `no_video_track`.
 */
export function passesFolder(
  job: JobContext,
  { tools }: DirectDeps,
  { sniffed, sizeBytes }: Opened,
): boolean {
  const need = folderNeed(choiceOf(job), sniffed);
  const fits = sizeBytes !== null && sizeBytes <= job.budget.maxPageBytes;
  return need === 'required' || (need === 'preferred' && fits && tools.ffmpeg !== null);
}

/** Takes a place among the pages, which need the disk as well. Throws JobFailure. */
export function contentOfFolder(job: JobContext, deps: DirectDeps, opened: Opened): Promise<Content> {
  return job.budget.pageGate(job, async () => {
    const { first, sizeBytes } = opened;
    const directory = await job.directory();
    const maxBytes = Math.min(job.command.limits.maxBytes, job.budget.maxPageBytes);
    if ((sizeBytes ?? 0) > maxBytes) throw new JobFailure('source_too_large', `${sizeBytes} bytes`);
    const path = join(directory, 'source.media');
    await saveSource(job, httpSource(job, deps, opened, { first, inOrder: true }), { path, maxBytes });
    job.progress.stage = 'verifying';
    const { tools } = deps;
    const part = await inspectFile(job, path, tools);
    const file = await assemble(job, { parts: [part], directory, tools, isSegmented: false });
    const how = file === part ? ', saved to be read' : ', brought into the requested form';
    return localContent(job, { file, title: describe(opened).title, taken: takenBy(opened, how) });
  });
}
