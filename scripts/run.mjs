/**
 * Starts every npm script: `node scripts/run.mjs <name> [arguments]`. It installs the packages in package-lock.json, runs
 * scripts/<name>.ts, or <name>.ts for a name that begins with `test/`, with the project's Node, and forwards signals and the exit code. It is plain JavaScript without
 * dependencies, because a fresh clone has neither the packages nor the project's Node.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const projectNode = join(
  root,
  'node_modules',
  'node',
  'bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
);
/** Scripts that stop their children in order. They receive signals alone; other scripts receive them with their whole group. */
const orderly = new Set(['start', 'dev']);

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

function checkNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) fail(`This project needs Node 20 or newer, but this is Node ${process.versions.node}.`);
}

function packagesOf(lockFile) {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8')).packages ?? {};
  } catch {
    return null;
  }
}

/** Compares npm's record of node_modules with the lock file. Returns why packages must be installed, or null. */
function reasonToInstall() {
  const installed = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  if (installed === null || !existsSync(projectNode)) return 'the packages are not installed yet';
  const wanted = packagesOf(join(root, 'package-lock.json'));
  if (wanted === null)
    fail('package-lock.json is missing or cannot be read; restore it from the repository.');
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue;
    const found = installed[path];
    if (found === undefined && entry.optional !== true) return `${path} is missing`;
    if (found !== undefined && found.version !== entry.version) return 'package-lock.json has changed';
  }
  return null;
}

function install() {
  const reason = reasonToInstall();
  if (reason === null) return;
  console.log(`Installing packages with npm ci (${reason}) …`);
  const npm = process.env.npm_execpath;
  const [command, prefix] = npm ? [process.execPath, [npm]] : ['npm', []];
  const run = spawnSync(command, [...prefix, 'ci', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (run.error) fail(`npm could not be run: ${run.error.message}.`);
  if (run.status !== 0) fail('npm ci failed; its message is above.');
  const left = reasonToInstall();
  if (left !== null) fail(`npm ci ran, but ${left}; were install scripts switched off (ignore-scripts)?`);
  console.log('Packages are installed.');
}

/** The program of this name. */
function pathOf(name) {
  return join(root, name.startsWith('test/') ? '' : 'scripts', `${name}.ts`);
}

function run(name, args) {
  // In its own session, so that Ctrl-C reaches only this process, which forwards it once. The IPC channel tells the script when this
  // process dies.
  const child = spawn(projectNode, [pathOf(name), ...args], {
    cwd: root,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    detached: true,
  });
  const pass = (signal) => {
    try {
      process.kill(orderly.has(name) ? child.pid : -child.pid, signal);
    } catch {
      // The script has ended already; its exit is reported below.
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => pass(signal));
  watchNpm(() => pass('SIGHUP'));
  child.on('error', (error) => fail(`${projectNode} could not be run: ${error.message}.`));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

/** Parent and command line of a process, from /proc or ps. Null if it does not exist. */
function look(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    return { parent, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8') };
  } catch {
    const { stdout } = spawnSync('ps', ['-o', 'ppid=,command=', '-p', String(pid)], { encoding: 'utf8' });
    const match = /^\s*(\d+)\s+(.*)/.exec(stdout ?? '');
    return match && { parent: Number(match[1]), command: match[2] };
  }
}

/** Calls `onGone` when npm has ended: npm does not forward SIGHUP, and a shell may be between npm and this process. */
function watchNpm(onGone) {
  const parent = look(process.ppid);
  const [npm] = [process.ppid, parent?.parent].filter(
    (pid) => pid > 1 && /\bnpm\b/.test(look(pid)?.command ?? ''),
  );
  if (process.env.npm_lifecycle_event === undefined || npm === undefined) return;
  const shell = process.ppid;
  setInterval(() => {
    try {
      process.kill(npm, 0);
      if (process.ppid === shell) return;
    } catch {
      // No process has this id.
    }
    onGone();
  }, 1000).unref();
}

const [name, ...args] = process.argv.slice(2);
checkNode();
if (!name || !/^(?:test\/[a-z]+\/)?[a-z-]+$/.test(name) || !existsSync(pathOf(name))) {
  fail(
    'Usage: node scripts/run.mjs start|dev|test|test-image|check|doctor|simulate|fuzz-api|docs|update-ytdlp|fleet|owner-link|credit|deploy|destroy|rotate-credentials, or a program in test/ such as test/bench/bench',
  );
}
install();
run(name, args);
