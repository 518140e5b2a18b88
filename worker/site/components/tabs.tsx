import type { FC } from 'hono/jsx';

export interface Tab {
  href: string;
  label: string;
  isCurrent: boolean;
}

/** Views of the same subject, each at its own URL. */
export const Tabs: FC<{ tabs: readonly Tab[]; label: string }> = ({ tabs, label }) => (
  <nav aria-label={label}>
    <ul class="tabs">
      {tabs.map((tab) => (
        <li>
          <a href={tab.href} aria-current={tab.isCurrent ? 'page' : undefined}>
            {tab.label}
          </a>
        </li>
      ))}
    </ul>
  </nav>
);
