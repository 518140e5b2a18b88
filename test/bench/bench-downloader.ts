/**
 * Measures the downloader alone (Linux): one file from a loopback source into a sink that stores nothing.
 * `node test/bench/bench-downloader.ts [MiB] [runs] [partSizeMiB] [concurrency] [crc32|sha256]`. A warm-up run comes first.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import {
  dispatchBytes,
  SIGNATURE_HEADER,
  TIMESTAMP_HEADER,
} from '../../worker/contract/downloader/signature.ts';
import { startMeter } from './process-meter.ts';

const MIB = 1024 * 1024;
const [sizeMiB = '1024', runs = '5', ...sinkArguments] = process.argv.slice(2);
const keys = generateKeyPairSync('ed25519');

function start(file: string, args: string[], env: Record<string, string> = {}): ChildProcess {
  return fork(new URL(file, import.meta.url), args, { env: { ...process.env, ...env } });
}

async function send(base: string, controlUrl: string, sourceUrl: string): Promise<void> {
  const body = JSON.stringify({
    version: 1,
    kind: 'import',
    jobId: randomUUID(),
    attempt: 1,
    slot: 'slot-0',
    token: 'token',
    controlUrl,
    source: { url: sourceUrl },
    limits: { maxBytes: 2 ** 40, maxDurationSeconds: 1e6, timeoutSeconds: 600, stallSeconds: 60 },
  });
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = sign(null, dispatchBytes(timestamp, 'POST', '/jobs', body), keys.privateKey).toString(
    'base64',
  );
  const headers = { [TIMESTAMP_HEADER]: timestamp, [SIGNATURE_HEADER]: signature };
  const { status } = await fetch(`${base}/jobs`, { method: 'POST', body, headers });
  if (status !== 202) throw new Error(`The downloader answered HTTP ${status}`);
}

const source = start('wav-source.ts', [String(Number(sizeMiB) * MIB)]);
const [sourcePort] = (await once(source, 'message')) as [number];
const sink = start('null-sink.ts', sinkArguments);
const [{ port: sinkPort }] = (await once(sink, 'message')) as [{ port: number }];
const downloader = start('../../downloader/main.ts', [], {
  PORT: '0',
  EGRESS_ALLOW: '127.0.0.1',
  DISPATCH_PUBLIC_KEY: keys.publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
});
const [{ port }] = (await once(downloader, 'message')) as [{ port: number }];
try {
  for (let run = 0; run <= Number(runs); run += 1) {
    const meter = startMeter(downloader.pid ?? 0);
    const startedMs = performance.now();
    const ended = once(sink, 'message');
    await send(
      `http://127.0.0.1:${port}`,
      `http://127.0.0.1:${sinkPort}/internal`,
      `http://127.0.0.1:${sourcePort}/a.wav`,
    );
    const [report] = (await ended) as [{ ended: string; body: string }];
    if (report.ended !== 'completed') throw new Error(report.body);
    const wallSeconds = (performance.now() - startedMs) / 1000;
    const { cpuSeconds, peakRssMiB } = meter();
    const line = `wall ${wallSeconds.toFixed(2)} s, CPU ${cpuSeconds.toFixed(2)} s, peak ${peakRssMiB.toFixed(0)} MiB`;
    if (run > 0) console.log(`${line}, ${(Number(sizeMiB) / wallSeconds).toFixed(0)} MiB/s`);
  }
} finally {
  for (const child of [downloader, sink, source]) child.kill('SIGKILL');
}
