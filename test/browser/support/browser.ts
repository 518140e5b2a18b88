/** Chromium in front of the shared stack. A page that breaks its content security policy, or logs an error, fails its test. */
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { createTestWorkspace, type TestWorkspace } from '../../support/stack/workspace.ts';
import { findChromium } from './install-chromium.ts';
import { signIn, type Role } from './sign-in.ts';

export const chromiumPath = await findChromium();

export interface Visit {
  page: Page;
  workspace: TestWorkspace;
  /** What the browser has complained about. */
  complaints: string[];
}

export interface VisitOptions extends BrowserContextOptions {
  /** Default: a new one. */
  workspace?: TestWorkspace;
  role?: Role | undefined;
}

export interface TestBrowser {
  /** A browser window of its own, in which a new person is signed in. */
  visit: (options?: VisitOptions) => Promise<Visit>;
  /** A further window of the same person, with its own options. */
  visitAgain: (visit: Visit, options: BrowserContextOptions) => Promise<Page>;
  /** A window in which nobody is signed in. */
  visitAsStranger: (workspace: TestWorkspace) => Promise<Page>;
  close: () => Promise<void>;
}

/** Starts the browser. */
export async function startBrowser(): Promise<TestBrowser> {
  const browser = await launch();
  return {
    visit: (options = {}) => visit(browser, options),
    visitAgain: async ({ page, workspace }, options) => {
      const storageState = await page.context().storageState();
      return (await browser.newContext({ baseURL: workspace.apiUrl, storageState, ...options })).newPage();
    },
    visitAsStranger: async ({ apiUrl }) => (await browser.newContext({ baseURL: apiUrl })).newPage(),
    close: () => browser.close(),
  };
}

/** Starts Chromium alone. */
export function launch(): Promise<Browser> {
  if (chromiumPath === null) throw new Error('Chromium is missing');
  // As root, and in containers without a large /dev/shm.
  const args = ['--no-sandbox', '--disable-dev-shm-usage'];
  return chromium.launch({ executablePath: chromiumPath, args });
}

async function visit(browser: Browser, { workspace: given, role, ...options }: VisitOptions): Promise<Visit> {
  const workspace = given ?? (await createTestWorkspace());
  return { workspace, ...(await openWindow(browser, { workspace, role }, options)) };
}

/** A window of its own, in which a new person is signed in to a workspace of a local stack. */
export async function openWindow(
  browser: Browser,
  {
    workspace,
    role,
  }: { workspace: Pick<TestWorkspace, 'id' | 'apiUrl' | 'stateDirectory'>; role?: Role | undefined },
  options: BrowserContextOptions = {},
): Promise<Pick<Visit, 'page' | 'complaints'>> {
  const { stateDirectory, apiUrl, id: workspaceId } = workspace;
  const { cookie } = await signIn(stateDirectory, { workspaceId, role });
  const context = await browser.newContext({ baseURL: apiUrl, ...options });
  const { hostname } = new URL(apiUrl);
  const attributes = { domain: hostname, path: '/', secure: true, httpOnly: true, sameSite: 'Lax' as const };
  await context.addCookies([{ ...cookie, ...attributes }]);
  const page = await context.newPage();
  return { page, complaints: complaintsOf(page) };
}

/** Fills up with what the browser complains about, and with the texts of dialogs, which only a foreign script opens. */
function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return complaints;
}
