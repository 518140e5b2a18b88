/** Runs the deploy script as `npm run deploy` does, against the stand-in of Cloudflare's API. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../../scripts/lib/paths.ts';
import { startCloudflareApi, type CloudflareApi } from '../../support/cloudflare-api/cloudflare-api.ts';

export interface RunAnswer {
  code: number | null;
  output: string;
}

export interface Operator {
  api: CloudflareApi;
  /** Where the script remembers deployments: IMPORTLY_STATE_DIR. */
  stateDirectory: string;
  deploy(...args: string[]): Promise<RunAnswer>;
  destroy(...args: string[]): Promise<RunAnswer>;
  /** Variables beside those that the stand-in needs. */
  env: Record<string, string>;
  close(): Promise<void>;
}

/** An operator with an empty account and an image that is pushed already. */
export async function newOperator(): Promise<Operator> {
  const api = await startCloudflareApi();
  const home = mkdtempSync(join(tmpdir(), 'importly-deploy-'));
  const stateDirectory = join(home, 'state');
  const env: Record<string, string> = {};
  const run = async (script: string, args: string[]): Promise<RunAnswer> => {
    const child = spawn(process.execPath, [join(ROOT, 'scripts', `${script}.ts`), ...args], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        HOME: home,
        CI: '1',
        IMPORTLY_STATE_DIR: stateDirectory,
        ...api.env,
        ...env,
      },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output };
  };
  return {
    api,
    stateDirectory,
    env,
    deploy: (...args) => run('deploy', args),
    destroy: (...args) => run('destroy', args),
    close: async () => {
      await api.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** An image that was pushed before, since no test machine needs a container engine. */
export const IMAGE = 'registry.cloudflare.com/importly-open-downloader:1';
