/** `npm run doctor` against the whole service, whole and with one part broken on purpose. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectApi } from '../support/stack/api.ts';
import { startDownloader } from '../support/stack/downloader.ts';
import { findVersitygw } from '../support/s3-servers/install-versitygw.ts';
import { startQueueLosingProxy } from '../support/queue-losing-proxy.ts';
import { startStack, type Stack } from '../support/stack/stack.ts';
import { startVersitygw, type TestS3Server } from '../support/s3-servers/versitygw.ts';

const versitygw = await findVersitygw();
const DOCTOR = join(import.meta.dirname, '../../scripts/doctor.ts');

interface Report {
  ok: boolean;
  costMicrodollars: number;
  checks: { name: string; outcome: string; durationMs: number; detail: string }[];
}

/** Runs the command; the exit code and what it printed. */
function runDoctor(args: string[], env: Record<string, string> = {}) {
  return new Promise<{ code: number; output: string }>((resolve) => {
    const options = { env: { PATH: process.env['PATH'], ...env } };
    execFile(process.execPath, [DOCTOR, ...args], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: `${stdout}${stderr}` });
    });
  });
}

async function examine(args: string[]): Promise<Report & { code: number }> {
  const { code, output } = await runDoctor([...args, '--json']);
  return { code, ...(JSON.parse(output) as Report) };
}

const outcomes = ({ checks }: Report) =>
  Object.fromEntries(checks.map(({ name, outcome }) => [name, outcome]));
const detailOf = ({ checks }: Report, name: string) => checks.find((check) => check.name === name)?.detail;

describe('npm run doctor', () => {
  let stack: Stack;
  let bucket: TestS3Server | null = null;
  const here = () => ['--url', stack.apiUrl, '--key', stack.apiKey];

  beforeAll(async () => {
    stack = await startStack();
  });
  afterAll(async () => {
    await stack.stop();
    await bucket?.stop();
  });

  test('finds the service of npm start and passes every check', async () => {
    const { code, output } = await runDoctor([], { IMPORTLY_STATE_DIR: stack.stateDirectory });
    expect(output).toContain(`Examining ${stack.apiUrl}`);
    expect(output).toContain('Every check passed.');
    expect(code).toBe(0);
  });

  test('reports each check, its time and the cost as JSON', async () => {
    const report = await examine(here());
    expect(outcomes(report)).toEqual({
      Worker: 'passed',
      'API key': 'passed',
      Configuration: 'passed',
      Clock: 'passed',
      Database: 'passed',
      'Service storage': 'passed',
      Queue: 'passed',
      Downloader: 'passed',
      Import: 'passed',
      Digest: 'passed',
      'Range read': 'passed',
      Delete: 'passed',
      Cancel: 'passed',
    });
    expect(report).toMatchObject({ ok: true, code: 0 });
    expect(report.costMicrodollars).toBeGreaterThan(0);
  });

  test('names a key that is not accepted', async () => {
    const report = await examine(['--url', stack.apiUrl, '--key', 'imp_wrong']);
    expect(report.code).toBe(1);
    expect(detailOf(report, 'API key')).toContain('The API key is not accepted.');
    expect(outcomes(report)).toMatchObject({ Worker: 'passed', Import: 'skipped' });
  });

  test('names a queue that delivers nothing', async () => {
    const proxy = await startQueueLosingProxy(stack.apiUrl);
    const report = await examine(['--url', proxy.url, '--key', stack.apiKey]);
    await proxy.close();
    expect(detailOf(report, 'Queue')).toContain('No message arrived within');
    // The proxy has another origin than PUBLIC_URL, which is named as well.
    expect(detailOf(report, 'Configuration')).toContain('PUBLIC_URL');
    expect(report.code).toBe(1);
  });

  test.skipIf(versitygw === null)(
    'imports into the saved bucket, and names a bucket that is gone',
    async () => {
      bucket = await startVersitygw();
      if (bucket === null) throw new Error('versitygw was found but did not start');
      const { endpoint, region, putOnly, bucket: name } = bucket;
      const api = await connectApi(stack.apiUrl, stack.apiKey);
      await api.send('PUT', '/storage', { endpoint, region, bucket: name, ...putOnly });
      const stored = await examine([...here(), '--storage']);
      expect(detailOf(stored, 'Import into the bucket')).toContain(`importly-doctor.wav in ${name}`);
      expect(stored.code).toBe(0);

      await bucket.stop();
      bucket = null;
      const lost = await examine([...here(), '--storage']);
      expect(outcomes(lost)).toMatchObject({ Import: 'passed', 'Import into the bucket': 'failed' });
      expect(detailOf(lost, 'Import into the bucket')).toContain('The file is not in the bucket:');
      expect(lost.code).toBe(1);
    },
  );
});

describe('npm run doctor against a broken downloader', () => {
  test('names one that is gone and one whose clock is wrong', async () => {
    const first = await startStack();
    const { stateDirectory } = first;
    await first.end();
    const downloader = await startDownloader(stateDirectory, { clockOffsetMs: 120_000 });
    const stack = await startStack({ stateDirectory, env: { DOWNLOADER_URL: downloader.url } });
    const here = ['--url', stack.apiUrl, '--key', stack.apiKey];
    const skewed = await examine(here);
    expect(detailOf(skewed, 'Downloader')).toMatch(/clock of the downloader is 1(19|20|21) s ahead/);
    await downloader.stop();
    const gone = await examine(here);
    await stack.stop();
    expect(detailOf(gone, 'Downloader')).toContain('No downloader answered.');
    expect(outcomes(gone)).toMatchObject({ Database: 'passed', Queue: 'passed', Import: 'skipped' });
    expect([skewed.code, gone.code]).toEqual([1, 1]);
  });
});

test('a service that is not there is named in one sentence', async () => {
  const report = await examine(['--url', 'http://127.0.0.1:1', '--key', 'imp_x']);
  expect(report.code).toBe(1);
  expect(detailOf(report, 'Worker')).toContain('http://127.0.0.1:1 did not answer');
});

test('an unknown option is answered with the usage', async () => {
  const { code, output } = await runDoctor(['--verbose']);
  expect(code).toBe(1);
  expect(output).toContain('Usage: npm run doctor');
});
