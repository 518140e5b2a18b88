/** Runs the steps of a Dockerfile in a plain folder, without a container engine: the folder stands for the root of each stage. */
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../scripts/lib/paths.ts';

const run = promisify(execFile);

export interface Instruction {
  name: string;
  text: string;
}

export interface Stage {
  name: string;
  image: string;
  instructions: Instruction[];
}

/** The stages of a Dockerfile; continued lines are joined, comments are left out. Pure. */
export function parseDockerfile(text: string): { args: Instruction[]; stages: Stage[] } {
  const lines = text
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n');
  const args: Instruction[] = [];
  const stages: Stage[] = [];
  for (const line of lines.filter((line) => line.trim() !== '')) {
    const [, name = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    const [image = '', , stage = 'final'] = rest.split(' ');
    if (name === 'FROM') stages.push({ name: stage, image, instructions: [] });
    else (stages.at(-1)?.instructions ?? args).push({ name, text: rest });
  }
  return { args, stages };
}

/** Copies what .dockerignore lets through, as an engine sends it to the build. */
export async function copyContext(folder: string): Promise<void> {
  const lines = (await readFile(join(ROOT, '.dockerignore'), 'utf8')).split('\n');
  for (const path of lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1)))
    await cp(join(ROOT, path), join(folder, path), { recursive: true });
}

/** The variables that a stage sets, with paths of the stage below `root`. */
export function variables(stage: Stage, root: string): Record<string, string> {
  const texts = stage.instructions.filter(({ name }) => name === 'ENV').map(({ text }) => text);
  return Object.fromEntries(
    texts
      .flatMap((text) => text.split(' '))
      .map((pair) => {
        const [name = '', ...value] = pair.split('=');
        return [name, below(root, value.join('='))];
      }),
  );
}

/** Absolute paths in the folders that the steps write to, moved below `root`. */
function below(root: string, text: string): string {
  return text.replaceAll(/(?<=^|[\s=])\/(?=(?:bundle|opt|pins|tmp|var\/lib\/importly)\b)/g, `${root}/`);
}

export interface PlainBuild {
  /** The folder with the files that an engine would get. */
  context: string;
  /** The folder of each stage. */
  roots: Record<string, string>;
  /** Commands that need the operating system of the image, or take minutes. */
  skip: RegExp;
  path: string;
}

/** Runs COPY and RUN of one stage. Throws for a path that does not exist and for a command that fails. */
export async function buildStage(stage: Stage, build: PlainBuild): Promise<void> {
  const root = build.roots[stage.name]!;
  let workDirectory = root;
  for (const { name, text } of stage.instructions) {
    if (name === 'WORKDIR') workDirectory = join(root, text);
    await mkdir(workDirectory, { recursive: true });
    if (name === 'COPY') await copy(text, workDirectory, root, build);
    if (name !== 'RUN' || build.skip.test(text)) continue;
    const env = { ...process.env, ...variables(stage, root), PATH: build.path };
    await run('/bin/sh', ['-c', below(root, text)], { cwd: workDirectory, env });
  }
}

async function copy(text: string, workDirectory: string, root: string, build: PlainBuild): Promise<void> {
  const words = text.split(' ');
  const from = words[0]?.startsWith('--from=') ? words.shift()!.slice('--from='.length) : null;
  const target = words.pop()!;
  const source = from === null ? build.context : build.roots[from]!;
  const folder = target.startsWith('/') ? join(root, target) : join(workDirectory, target);
  for (const path of words) {
    const to = target.endsWith('/') ? join(folder, basename(path)) : folder;
    await mkdir(dirname(to), { recursive: true });
    await cp(join(source, path), to, { recursive: true });
  }
}
