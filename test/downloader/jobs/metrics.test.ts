import { tmpdir } from 'node:os';
import { afterEach, expect, test } from 'vitest';
import { runChild } from '../../../downloader/process/run-child.ts';
import { answer, file, gateAfter } from '../../support/http-source.ts';
import { closeAll, LARGE, MIB, run, SMALL, start } from './one-job.ts';

afterEach(closeAll);

const versions = { downloader: '1.2.3', ytdlp: '2026.11.01', ffmpeg: null };
const FAMILY = /# HELP ([a-z][a-z0-9_]*) .+\n# TYPE \1 (?:counter|gauge)\n((?:[^#\n].*\n)*)/gy;
const SAMPLE =
  /^([a-z][a-z0-9_]*)((?:\{(?:[a-z]+="(?:[^"\\]|\\.)*",?)*\})?) (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;

/** Reads the text as Prometheus does. Throws unless it is a row of families, each once and with its own samples. */
function parse(text: string): Record<string, number> {
  const families = [...text.matchAll(FAMILY)];
  if (families.reduce((sum, [family]) => sum + family.length, 0) !== text.length) throw new Error(text);
  const names = new Set(families.map(([, name]) => name));
  if (names.size !== families.length) throw new Error(`a family comes twice in ${text}`);
  return Object.fromEntries(families.flatMap(([, name = '', lines = '']) => samplesOf(name, lines)));
}

function samplesOf(family: string, lines: string): [string, number][] {
  return lines
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [, name, labels, value] = SAMPLE.exec(line) ?? [];
      if (name !== family) throw new Error(`"${line}" is no sample of ${family}`);
      return [`${name}${labels}`, Number(value)];
    });
}

test('an idle downloader has no runs, and tells its memory, its processor time and its versions', async () => {
  const { harness } = await start({ handler: answer(404, 'text/plain', 'gone') });
  await harness.idle();
  const samples = parse(harness.metrics.render(harness.registry, versions));
  expect(samples).toMatchObject({
    importly_jobs_running: 0,
    importly_jobs_capacity: 4,
    importly_draining: 0,
    importly_children_running: 0,
    importly_source_bytes_total: 0,
    importly_storage_bytes_total: 0,
    'importly_downloader_info{version="1.2.3",ytdlp="2026.11.01",ffmpeg=""}': 1,
  });
  expect(samples['process_resident_memory_bytes']).toBeGreaterThan(10 * MIB);
  expect(samples['process_cpu_seconds_total']).toBeGreaterThan(0);
  expect(samples['process_start_time_seconds']).toBeLessThan(Date.now() / 1000);
  expect(samples['nodejs_eventloop_lag_max_seconds']).toBeGreaterThanOrEqual(0);
});

test('runs are counted by outcome and code, with their bytes and without data of users', async () => {
  const { harness, worker, source, command } = await run({});
  source.serve('/missing.wav', answer(404, 'text/plain', 'gone'));
  for (let again = 0; again < 2; again++)
    expect(harness.registry.accept(worker.command(source.url('/missing.wav?key=secret')))).toBe('accepted');
  await harness.idle();
  const text = harness.metrics.render(harness.registry, versions);
  const samples = parse(text);
  expect(samples).toMatchObject({
    'importly_runs_ended_total{outcome="completed",code=""}': 1,
    importly_source_bytes_total: SMALL.length,
    importly_storage_bytes_total: SMALL.length,
  });
  const failed = Object.entries(samples).filter(([name]) => name.includes('outcome="failed"'));
  expect(failed).toEqual([[expect.stringMatching(/code="[a-z_]+"/), 2]]);
  for (const data of [command.jobId, command.token, '127.0.0.1', 'secret', 'a file'])
    expect(text).not.toContain(data);
});

test('a run counts while it goes on, and its bytes are not counted twice when it has ended', async () => {
  const gate = gateAfter(8 * MIB);
  const { harness, worker } = await start({ handler: file(LARGE, { ranges: false, gate: gate.gate }) });
  const read = () => parse(harness.metrics.render(harness.registry, versions));
  await expect.poll(() => read()['importly_source_bytes_total']).toBeGreaterThan(4 * MIB);
  expect(read()['importly_jobs_running']).toBe(1);
  gate.open();
  await worker.finished;
  await harness.idle();
  expect(read()).toMatchObject({
    importly_jobs_running: 0,
    importly_source_bytes_total: LARGE.length,
    importly_storage_bytes_total: LARGE.length,
  });
});

test('children count while they run', async () => {
  const { harness } = await start({ handler: answer(404, 'text/plain', 'gone') });
  const children = () =>
    parse(harness.metrics.render(harness.registry, versions))['importly_children_running'];
  const stop = new AbortController();
  const child = runChild({
    confinement: null,
    command: process.execPath,
    args: ['-e', 'setInterval(() => {}, 1000)'],
    cwd: tmpdir(),
    env: {},
    signal: stop.signal,
    maxStderrBytes: 0,
    timeoutMs: 20_000,
  });
  expect(children()).toBe(1);
  stop.abort(new Error('enough'));
  await expect(child).rejects.toThrow('enough');
  expect(children()).toBe(0);
});
