/** Runs schemathesis: it reads /openapi.json, sends requests that fit it and requests that do not, and checks the answers. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheDirectory } from '../../scripts/lib/paths.ts';
import { findPython, pipInstall } from '../../scripts/tools/pip-install.ts';

/** What must be true of every answer. Whether a refusal is right is left to our own tests: some rules are not in a schema. */
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'unsupported_method',
  'allow_header_conformance',
  'ignored_auth',
];

export interface Schemathesis {
  python: string;
  directory: string;
}

/** Installs it, verified by hash, into the user's cache. Throws an Error without Python 3.11 and pip. */
export async function installSchemathesis(): Promise<Schemathesis> {
  const python = await findPython();
  if (!python?.hasPip) throw new Error('schemathesis needs Python 3.11 or newer with pip');
  const directory = await pipInstall({
    python,
    requirementsFile: join(import.meta.dirname, 'requirements.txt'),
    cacheDirectory: cacheDirectory(process.env),
    name: 'schemathesis',
    log: console.log,
  });
  return { python: python.executable, directory };
}

export interface FuzzRun {
  apiUrl: string;
  apiKey: string;
  /** When it starts no more requests. */
  seconds: number;
  /** The same seed sends the same requests. */
  seed: number;
}

/** Whether every answer passed the checks, and the report for a person. */
export async function runSchemathesis(
  { python, directory }: Schemathesis,
  { apiUrl, apiKey, seconds, seed }: FuzzRun,
): Promise<{ passed: boolean; report: string }> {
  const cwd = await mkdtemp(join(tmpdir(), 'importly-fuzz-'));
  const args = ['-m', 'schemathesis.cli', 'run', `${apiUrl}/openapi.json`, '--no-color'];
  args.push('--header', `Authorization: Bearer ${apiKey}`, '--checks', CHECKS.join(','));
  // Without a downloader, nothing ends: an answer that waits for the end of a job would use up the time.
  args.push('--header', 'Prefer: respond-async');
  // These calls end the key of the run itself, which finds it in GET /keys.
  args.push('--exclude-path-regex', '^/keys/');
  args.push('--max-time', String(seconds), '--seed', String(seed), '--continue-on-failure');
  args.push('--generation-database', 'none', '--suppress-health-check', 'all', '--warnings', 'off');
  try {
    const env = { PATH: process.env.PATH, HOME: cwd, PYTHONPATH: directory };
    const child = spawn(python, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let report = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => (report += String(chunk)));
    const [code] = (await once(child, 'close')) as [number | null];
    return { passed: code === 0, report };
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}
