/** A direct file after its first answer, and the sources that read it. */
import type { SourceReport } from '../../../worker/contract/media.ts';
import type { JobContext } from '../../job-context.ts';
import type { SniffedMedia } from '../../media/sniff.ts';
import type { HttpClient } from '../../net/http1/exchange.ts';
import type { Tools } from '../../process/tools.ts';
import type { HttpResponse } from '../http/http-get.ts';
import { HttpSource } from '../http/http-source.ts';
import { directTitle } from './direct-title.ts';

export interface DirectDeps {
  agent: HttpClient;
  tools: Tools;
  /** Milliseconds of silence that end a transfer. */
  idleTimeoutMs: number;
}

/** The answer to the first GET. */
export interface FirstAnswer {
  first: HttpResponse;
  sizeBytes: number | null;
  /** Null when the source cannot continue where it broke. */
  validator: string | null;
}

export interface Opened extends FirstAnswer {
  sniffed: SniffedMedia;
  head: Buffer;
}

/** True when an earlier attempt found that this source cannot be read by ranges. */
export function needsOneConnection({ command }: JobContext): boolean {
  return command.kind === 'import' && command.source.oneConnection === true;
}

/** Title and type of the file. */
export function describe({ first, sniffed: { extension, contentType } }: Opened) {
  return { title: directTitle(first.url, first.headers.get('content-disposition')), extension, contentType };
}

/** `how` continues the sentence. */
export function takenBy({ sniffed }: Opened, how: string): SourceReport {
  const sentence = `The URL answered with a ${sniffed.extension} file${how}`;
  return { way: 'direct', reason: `${sentence.replace(/\.$/, '')}.`.slice(0, 300) };
}

/** Starts with the first answer, or with a GET of its own. */
export function httpSource(
  job: JobContext,
  { agent, idleTimeoutMs }: DirectDeps,
  { sizeBytes, validator }: Opened,
  { first, inOrder }: { first: HttpResponse | null; inOrder: boolean },
): HttpSource {
  const url = new URL(job.command.source.url);
  const { hosts } = job.budget;
  return new HttpSource({ agent, url, first, sizeBytes, validator, inOrder, idleTimeoutMs, hosts });
}
