import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const PORTS = join(import.meta.dirname, '../../scripts/lib/ports.ts');
const FIRST_OF_SYSTEM = 32_768;

/** The ports that a process of its own is given, one after the other. */
async function portsOfProcess(count: number): Promise<number[]> {
  const script = `
    const { freePort } = await import(${JSON.stringify(PORTS)});
    const ports = [];
    while (ports.length < ${count}) ports.push(await freePort());
    console.log(JSON.stringify(ports));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  return JSON.parse(stdout) as number[];
}

test('free ports differ, also those of processes that start at the same time, and the system gives them to nobody', async () => {
  const ports = (await Promise.all([portsOfProcess(8), portsOfProcess(8), portsOfProcess(8)])).flat();
  expect(new Set(ports).size).toBe(24);
  expect(Math.max(...ports)).toBeLessThan(FIRST_OF_SYSTEM);
});
