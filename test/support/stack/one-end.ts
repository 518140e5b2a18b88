/** Checks that must hold for every job that has ended. */
import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import type { ImportData } from './api.ts';
import { d1, storedKeys, unfinishedParts } from './local-state.ts';
import type { Stack } from './stack.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** The job is completed with exactly these bytes and one bill, and the counters of its workspace are 0. */
export async function expectOneEnd(stack: Stack, data: ImportData, bytes: Buffer): Promise<void> {
  expect(data).toMatchObject({ status: 'completed', fileSizeBytes: bytes.length });
  const media = await fetch(String(data['mediaUrl']));
  expect(sha256(new Uint8Array(await media.arrayBuffer()))).toBe(sha256(bytes));
  const { stateDirectory } = stack;
  const { jobId } = data;
  expect(d1(stateDirectory, 'SELECT status, bytes FROM ledger WHERE job_id = ?', jobId)).toEqual([
    { status: 'completed', bytes: bytes.length },
  ]);
  expect(d1(stateDirectory, 'SELECT running, queued FROM workspaces')).toEqual([{ running: 0, queued: 0 }]);
}

/** After a sweep, nothing of earlier attempts of the job is left. */
export async function expectOnlyOneObject(stack: Stack, jobId: string): Promise<void> {
  await stack.sweep();
  expect(storedKeys(stack.stateDirectory).filter((key) => key.includes(jobId))).toHaveLength(1);
  expect(unfinishedParts(stack.stateDirectory)).toBe(0);
}

/** Returns the outcomes of the attempts of a job, in order. */
export function outcomesOf(stack: Stack, jobId: string): unknown[] {
  // The attempt that completes a job is part of it.
  const sql = `SELECT attempt, outcome FROM attempts WHERE job_id = ?
    UNION ALL SELECT attempt, status FROM jobs WHERE id = ? AND completed_in IS NOT NULL ORDER BY attempt`;
  return d1(stack.stateDirectory, sql, jobId, jobId).map((row) => row['outcome']);
}
