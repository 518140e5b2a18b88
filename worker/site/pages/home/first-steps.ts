/** What a new workspace has done, and what it still has to do. */
import { listKeys } from '../../../auth/keys/list-keys.ts';
import type { Ctx, Principal } from '../../../context.ts';
import type { Scope } from '../../../contract/api/scopes.ts';
import { listEndpoints } from '../../../webhooks/endpoint-rows.ts';

export interface FirstStep {
  title: string;
  /** Why it is worth doing. */
  reason: string;
  href: string;
  /** The word on its link. */
  action: string;
  isDone: boolean;
}

interface Definition extends Omit<FirstStep, 'isDone'> {
  /** Who cannot do it does not see it. */
  scope: Scope;
  isDone: (ctx: Ctx, workspaceId: string, known: () => Promise<Known>) => Promise<boolean>;
}

/** What the page reads anyway, at the same time. */
export interface Known {
  hasBucket: boolean;
  hasImport: boolean;
}

const STEPS: readonly Definition[] = [
  {
    title: 'Set up your bucket',
    reason: 'Files go straight to your own storage. Without one, we keep them for you.',
    href: '/dashboard/storage',
    action: 'Set up',
    scope: 'storage',
    isDone: async (_ctx, _workspaceId, known) => (await known()).hasBucket,
  },
  {
    title: 'Start a first import',
    reason: 'A URL is enough: a file, or a page with a video.',
    href: '/dashboard/imports/new',
    action: 'Import',
    scope: 'imports:write',
    isDone: async (_ctx, _workspaceId, known) => (await known()).hasImport,
  },
  {
    title: 'Make an API key',
    reason: 'With a key, your programs start imports and read their results.',
    href: '/dashboard/keys',
    action: 'Make a key',
    scope: 'admin',
    isDone: async (ctx, workspaceId) => (await listKeys(ctx, { workspaceId })).length > 0,
  },
  {
    title: 'Add a webhook',
    reason: 'We tell your server when an import ends, so that it need not ask.',
    href: '/dashboard/webhooks',
    action: 'Add',
    scope: 'webhooks',
    isDone: async (ctx, workspaceId) => (await listEndpoints(ctx, workspaceId)).length > 0,
  },
];

/** The steps that this user can do. Empty once all of them are done. */
export async function readFirstSteps(
  ctx: Ctx,
  { workspaceId, scopes }: Principal,
  known: () => Promise<Known>,
): Promise<FirstStep[]> {
  const own = STEPS.filter(({ scope }) => scopes.includes(scope));
  const steps = await Promise.all(
    own.map(async (step) => ({ ...step, isDone: await step.isDone(ctx, workspaceId, known) })),
  );
  return steps.every(({ isDone }) => isDone) ? [] : steps;
}
