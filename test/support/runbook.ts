/** The commands of docs/operations.md, so that tests run exactly what operators read. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ROOT } from '../../scripts/lib/paths.ts';

/** The lines in the code blocks below a heading, in order. Throws when there are none. */
export function commandsBelow(heading: string): string[] {
  const text = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');
  const [, section = ''] = text.split(new RegExp(`^#+ ${heading}$`, 'm'));
  const [own = ''] = section.split(/^#+ /m);
  const blocks = [...own.matchAll(/^ *```\n([^`]*?)^ *```$/gm)].map(([, block = '']) => block);
  const commands = blocks.flatMap((block) => block.split('\n').map((line) => line.trim()));
  const found = commands.filter((line) => line !== '');
  if (found.length === 0) throw new Error(`docs/operations.md has no commands below "${heading}"`);
  return found;
}

/** The only command below the heading that contains `part`. */
export function commandBelow(heading: string, part: string): string {
  const found = commandsBelow(heading).filter((line) => line.includes(part));
  const [command] = found;
  if (command === undefined || found.length > 1)
    throw new Error(`${found.length} commands contain "${part}"`);
  return command;
}

interface Shell {
  env: Record<string, string>;
  /** Values of the names in capitals that the runbook leaves to the operator. */
  values?: Record<string, string>;
}

/**
 * Runs one command in a shell in the folder of the project, with its own wrangler and scripts. Returns its output. Throws
 * with the output unless the exit code is 0.
 */
export async function runCommand(command: string, { env, values = {} }: Shell): Promise<string> {
  let line = command.replaceAll(/npm run ([a-z]+)(?: --)?/g, `"${process.execPath}" scripts/$1.ts`);
  for (const [name, value] of Object.entries(values)) line = line.replaceAll(name, value);
  const path = [join(ROOT, 'node_modules/.bin'), process.env['PATH']].join(delimiter);
  const shell = spawn('sh', ['-c', line.replaceAll('npx wrangler', 'wrangler')], {
    cwd: ROOT,
    env: { PATH: path, CI: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [shell.stdout, shell.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const [code] = (await once(shell, 'close')) as [number | null];
  if (code !== 0) throw new Error(`"${line}" ended with code ${code}:\n${output}`);
  return output;
}
