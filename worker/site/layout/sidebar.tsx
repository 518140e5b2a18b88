/** The sidebar. On a phone it is a drawer that the browser itself opens, without a script. */
import type { SiteSession } from '../site-env.ts';
import { assetUrl } from '../assets/assets.ts';
import { Icon } from './icons.tsx';
import { isInSection, SECTIONS, type Section } from './navigation.ts';

export const DRAWER_ID = 'navigation';

export const Brand = () => (
  <a class="brand" href="/">
    <img src={assetUrl('icon.svg')} alt="" width="24" height="24" />
    importly-open
  </a>
);

export const Sidebar = ({ session, path }: { session: SiteSession; path: string }) => (
  <aside class="sidebar" id={DRAWER_ID} popover="auto" aria-label="Dashboard">
    <Brand />
    <WorkspaceMenu session={session} />
    <nav aria-label="Sections">
      <ul class="navigation">
        {SECTIONS.filter(({ isShown }) => isShown?.(session) ?? true).map((section) => (
          <SectionLink section={section} path={path} />
        ))}
      </ul>
    </nav>
    <UserMenu session={session} />
  </aside>
);

const SectionLink = ({ section, path }: { section: Section; path: string }) => (
  <li>
    <a href={section.href} aria-current={isInSection(section, path) ? 'page' : undefined}>
      <Icon name={section.icon} />
      {section.label}
    </a>
  </li>
);

/** Names the workspace, and switches to another one of the user. */
const WorkspaceMenu = ({ session: { workspace, workspaces } }: { session: SiteSession }) => (
  <details class="menu">
    <summary>
      <span class="two-lines">
        <strong>{workspace.name}</strong>
        <span class="soft small">{workspace.role}</span>
      </span>
      <Icon name="chevrons" />
    </summary>
    <form class="menu-list" method="post" action="/dashboard/workspace">
      {workspaces.map(({ id, name }) => (
        <button
          class="menu-item"
          name="workspaceId"
          value={id}
          aria-current={id === workspace.id ? 'true' : undefined}
        >
          {name}
        </button>
      ))}
    </form>
  </details>
);

const UserMenu = ({ session: { user } }: { session: SiteSession }) => (
  <details class="menu up sidebar-end">
    <summary>
      <span class="two-lines">
        <span>{user.name}</span>
        <span class="soft small">{user.email}</span>
      </span>
      <Icon name="chevrons" />
    </summary>
    <div class="menu-list">
      <a class="menu-item" href="/dashboard/account">
        Your account
      </a>
      <form method="post" action="/sign-out">
        <button class="menu-item">Sign out</button>
      </form>
    </div>
  </details>
);
