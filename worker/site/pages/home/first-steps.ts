/** What a new workspace has done, and what it still has to do. */
import { listKeys } from '../../../auth/keys/list-keys.ts';
import type { Ctx, Principal } from '../../../context.ts';
import type { Scope } from '../../../contract/api/scopes.ts';
import { listImports } from '../../../jobs/imports/list-imports.ts';
import { listDestinations } from '../../../storage/destinations/destinations.ts';
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
  isDone: (ctx: Ctx, workspaceId: string) => Promise<boolean>;
}

const STEPS: readonly Definition[] = [
  {
    title: 'Set up your bucket',
    reason: 'Files go straight to your own storage. Without one, we keep them for you.',
    href: '/dashboard/storage',
    action: 'Set up',
    scope: 'storage',
    isDone: async (ctx, workspaceId) => (await listDestinations(ctx, workspaceId)).length > 0,
  },
  {
    title: 'Start a first import',
    reason: 'A URL is enough: a file, or a page with a video.',
    href: '/dashboard/imports',
    action: 'Import',
    scope: 'imports:write',
    isDone: async (ctx, workspaceId) => (await findImports(ctx, workspaceId, 1)).length > 0,
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
export async function readFirstSteps(ctx: Ctx, { workspaceId, scopes }: Principal): Promise<FirstStep[]> {
  const own = STEPS.filter(({ scope }) => scopes.includes(scope));
  const steps = await Promise.all(
    own.map(async (step) => ({ ...step, isDone: await step.isDone(ctx, workspaceId) })),
  );
  return steps.every(({ isDone }) => isDone) ? [] : steps;
}

/** The newest imports of the workspace. */
export async function findImports(ctx: Ctx, workspaceId: string, limit: number) {
  const { imports } = await listImports(ctx, { workspaceId, filters: {}, limit, after: null });
  return imports;
}
