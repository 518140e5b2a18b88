/** Carries the steps of a deployment out, or prints them. */
import { StartProblem } from '../lib/problem.ts';
import type { Deployment } from './deployment.ts';
import { stepsOf, type Step } from './steps.ts';

/** Prints what a run would do. */
export function sayPlan(deployment: Deployment, say: (line: string) => void): void {
  say(`Plan for ${deployment.names.worker} at ${deployment.publicUrl}; nothing is changed:`);
  for (const { subject, plan } of stepsOf(deployment)) say(`  ${subject}: ${plan ?? 'nothing to do'}`);
}

/** Runs every step and says what it did; a failure names the step and that running it again is safe. */
export async function runSteps(deployment: Deployment, say: (line: string) => void): Promise<void> {
  deployment.record.writeSettings(deployment.settings);
  for (const step of stepsOf(deployment)) say(`${step.subject}: ${await runStep(step)}`);
}

async function runStep(step: Step): Promise<string> {
  try {
    return await step.run();
  } catch (error) {
    if (!(error instanceof StartProblem)) throw error;
    throw new StartProblem(
      `Failed at "${step.subject}": ${error.message}\nWhat was made so far stays; run it again once the cause is gone: it goes on from here.`,
    );
  }
}

/** What a person does next. */
export function sayNext(
  { publicUrl, apiKey, dashboardPath, record }: Deployment,
  say: (line: string) => void,
): void {
  const key = apiKey ?? 'YOUR_KEY';
  say('');
  say(`  Dashboard: ${publicUrl}${dashboardPath}`);
  if (dashboardPath.startsWith('/setup/'))
    say(
      '  The link makes your account. It works once, for 30 minutes; the next deployment makes another one.',
    );
  say('');
  say(`  API       ${publicUrl}`);
  if (apiKey !== null) say(`  API key   ${apiKey}`);
  if (Object.keys(record.readSecrets()).length > 0)
    say(
      `  Store a copy of ${record.directory}/secrets.json in a safe place: Cloudflare never shows a secret again.`,
    );
  say('');
  say('  Prove it with a file of its own:');
  say(`  npm run doctor -- --url ${publicUrl} --key ${key}`);
}
