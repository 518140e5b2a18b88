/** The numbers of this downloader in the text format of Prometheus. No label has data of users. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Versions } from '../../worker/contract/downloader/command.ts';
import type { Failure } from '../../worker/contract/failure.ts';
import type { JobContext } from '../job-context.ts';
import { runningChildren } from '../process/run-child.ts';
import type { JobRegistry, RunningJob } from './job-registry.ts';
import { outcomeOf } from './run-events.ts';

/** The content type of the format. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const NANOSECONDS = 1e9;

interface Family {
  name: string;
  type: 'counter' | 'gauge';
  help: string;
  samples: [labels: Record<string, string>, value: number][];
}

export interface Metrics {
  /** Counts a run that has ended. */
  add(job: RunningJob, failure: Failure | null): void;
  render(registry: JobRegistry, versions: Versions): string;
}

/** Starts to measure. */
export function createMetrics({ partMemory }: Pick<JobContext['budget'], 'partMemory'>): Metrics {
  const ended = new Map<string, { labels: Record<string, string>; count: number }>();
  const done = { bytesIn: 0, bytesOut: 0 };
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  return {
    add: ({ traffic }, failure) => {
      const labels = { outcome: outcomeOf(failure), code: failure?.code ?? '' };
      const key = `${labels.outcome} ${labels.code}`;
      ended.set(key, { labels, count: (ended.get(key)?.count ?? 0) + 1 });
      done.bytesIn += traffic.bytesIn;
      done.bytesOut += traffic.bytesOut;
    },
    render: (registry, versions) => {
      const running = registry.running().map(({ traffic }) => traffic);
      const total = (name: keyof typeof done) => running.reduce((sum, one) => sum + one[name], done[name]);
      const families = [
        gauge('importly_jobs_running', 'Attempts that run now.', running.length),
        gauge('importly_jobs_capacity', 'Attempts that may run at once.', registry.capacity),
        gauge('importly_draining', '1 while the downloader shuts down.', Number(registry.draining)),
        counter('importly_source_bytes_total', 'Bytes of files that were received.', total('bytesIn')),
        counter('importly_storage_bytes_total', 'Bytes of files that storages took.', total('bytesOut')),
        gauge('importly_children_running', 'Child processes that run now.', runningChildren()),
        gauge('importly_part_memory_bytes', 'Part buffers that uploads hold.', partMemory.heldBytes),
        gauge(
          'importly_uploads_waiting',
          'Uploads that wait for their first part buffer.',
          partMemory.waiting,
        ),
        endedRuns([...ended.values()]),
        info(versions),
        ...processFamilies(),
        ...delayFamilies(delay),
      ];
      delay.reset();
      return families.map(renderFamily).join('');
    },
  };
}

function gauge(name: string, help: string, value: number): Family {
  return { name, type: 'gauge', help, samples: [[{}, value]] };
}

function counter(name: string, help: string, value: number): Family {
  return { name, type: 'counter', help, samples: [[{}, value]] };
}

function endedRuns(ended: { labels: Record<string, string>; count: number }[]): Family {
  const samples = ended.map(({ labels, count }): Family['samples'][0] => [labels, count]);
  const help = 'Attempts that have ended here, by outcome and error code.';
  return { name: 'importly_runs_ended_total', type: 'counter', help, samples };
}

function info({ downloader, ytdlp, ffmpeg }: Versions): Family {
  const labels = { version: downloader, ytdlp: ytdlp ?? '', ffmpeg: ffmpeg ?? '' };
  const help = 'Versions of the downloader and its tools. Always 1.';
  return { name: 'importly_downloader_info', type: 'gauge', help, samples: [[labels, 1]] };
}

/** Under the names that client libraries of Prometheus use. */
function processFamilies(): Family[] {
  const { rss, heapUsed, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const startedAtSeconds = Date.now() / 1000 - process.uptime();
  return [
    gauge('process_resident_memory_bytes', 'Resident memory, without children.', rss),
    gauge('nodejs_heap_size_used_bytes', 'Used heap.', heapUsed),
    gauge('nodejs_external_memory_bytes', 'Memory outside the heap, such as part buffers.', external),
    counter('process_cpu_seconds_total', 'CPU time, without children.', (user + system) / 1e6),
    gauge('process_start_time_seconds', 'Start of the process, in Unix seconds.', startedAtSeconds),
  ];
}

function delayFamilies(delay: ReturnType<typeof monitorEventLoopDelay>): Family[] {
  // Without a sample since the last reading, the histogram has no numbers.
  const seconds = (nanoseconds: number) => (delay.count === 0 ? 0 : nanoseconds / NANOSECONDS);
  const since = 'of the delay of the event loop since the last reading.';
  return [
    gauge('nodejs_eventloop_lag_mean_seconds', `Mean ${since}`, seconds(delay.mean)),
    gauge('nodejs_eventloop_lag_p99_seconds', `99th percentile ${since}`, seconds(delay.percentile(99))),
    gauge('nodejs_eventloop_lag_max_seconds', `Maximum ${since}`, seconds(delay.max)),
  ];
}

function renderFamily({ name, type, help, samples }: Family): string {
  const lines = samples.map(([labels, value]) => `${name}${renderLabels(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function renderLabels(labels: Record<string, string>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length > 0 ? `{${pairs.join(',')}}` : '';
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
