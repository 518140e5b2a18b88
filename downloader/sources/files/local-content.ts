/** A finished file of the job's folder, ready to be uploaded. */
import type { MediaFormat } from '../../../worker/contract/choice/media-format.ts';
import type { Origin } from '../../../worker/contract/downloader/report.ts';
import type { SourceReport } from '../../../worker/contract/media.ts';
import type { Content } from '../../content.ts';
import { refuseLarge } from '../../hard-stops.ts';
import type { JobContext } from '../../job-context.ts';
import { fileSource } from './file-source.ts';
import type { InspectedFile } from './inspect-file.ts';

export interface LocalFile {
  file: InspectedFile;
  title: string;
  origin?: Origin;
  taken: SourceReport;
  offered?: readonly MediaFormat[];
}

/** The file was inspected, so the upload inspects nothing. Throws `source_too_large` or the code of the request's limit. */
export function localContent({ command }: JobContext, { file, ...about }: LocalFile): Content {
  const { path, sizeBytes, extension, contentType, facts } = file;
  refuseLarge(sizeBytes, command.limits);
  return {
    ...about,
    source: fileSource(path, sizeBytes),
    isOnDisk: true,
    extension,
    contentType,
    inspect: () => ({ push: null, finish: () => Promise.resolve(facts) }),
  };
}
