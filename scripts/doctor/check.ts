/** One check of the doctor: what it is called, what it does, and how its result reads. */
import { DeploymentProblem } from './deployment.ts';

/** What a check found. `detail` is one sentence without a line break. */
export interface Finding {
  ok: boolean;
  detail: string;
  /** What the check cost by the price table of the deployment. */
  costMicrodollars?: number;
}

export interface Check {
  name: string;
  run: () => Promise<Finding>;
}

export interface CheckResult extends Omit<Finding, 'ok'> {
  name: string;
  outcome: 'passed' | 'failed' | 'skipped';
  durationMs: number;
}

/** Runs one check; a problem that it throws is a failed check, anything else is a bug and thrown on. */
export async function runCheck({ name, run }: Check): Promise<CheckResult> {
  const startedAt = performance.now();
  const { ok, ...finding } = await run().catch((error: unknown): Finding => {
    if (error instanceof DeploymentProblem) return { ok: false, detail: error.message };
    throw error;
  });
  const durationMs = Math.round(performance.now() - startedAt);
  return { name, outcome: ok ? 'passed' : 'failed', durationMs, ...finding };
}

/** The result of a check whose condition failed. */
export function skipped(name: string, because: string): CheckResult {
  return { name, outcome: 'skipped', durationMs: 0, detail: `Skipped, because ${because} failed.` };
}
