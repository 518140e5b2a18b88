/** Who belongs to which workspace, and the links that let people in. Of a link, only the SHA-256 of its token is stored. */
import { index, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import { users } from './accounts.ts';
import { time } from './time.ts';
import { workspaces } from './workspaces.ts';

/** What a member may do in a workspace. */
export type Role = 'owner' | 'member' | 'read-only';

const workspaceId = () =>
  text('workspace_id')
    .notNull()
    .references(() => workspaces.id);

export const members = sqliteTable(
  'members',
  {
    workspaceId: workspaceId(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id),
    role: text('role').$type<Role>().notNull(),
    createdAt: time('created_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.userId] }),
    // Each request of a page reads the workspaces of its user.
    index('members_user').on(t.userId),
  ],
);

/** An invitation that is open or has expired. Accepting or withdrawing it deletes the row. */
export const invitations = sqliteTable(
  'invitations',
  {
    id: text('id').primaryKey(),
    workspaceId: workspaceId(),
    /** In lower case. */
    email: text('email').notNull(),
    role: text('role').$type<Role>().notNull(),
    tokenHash: text('token_hash').notNull(),
    invitedBy: text('invited_by').notNull(),
    createdAt: time('created_at').notNull(),
    expiresAt: time('expires_at').notNull(),
  },
  (t) => [
    uniqueIndex('invitations_token').on(t.tokenHash),
    // The list of a workspace; inviting an address again replaces its invitation.
    uniqueIndex('invitations_address').on(t.workspaceId, t.email),
  ],
);

/** Links that work once: `owner` makes an owner of the operator's workspace, `reset` sets the password of a user. */
export type LinkKind = 'owner' | 'reset';

/** A link that was not used. Using it deletes the row. */
export const oneTimeLinks = sqliteTable(
  'one_time_links',
  {
    tokenHash: text('token_hash').primaryKey(),
    kind: text('kind').$type<LinkKind>().notNull(),
    /** Whose password it sets; null for the link of an owner. */
    userId: text('user_id').references(() => users.id),
    /** The owner who made it for another member; null when the user or the operator asked for it. */
    madeBy: text('made_by').references(() => users.id),
    createdAt: time('created_at').notNull(),
    expiresAt: time('expires_at').notNull(),
  },
  // A new link replaces those of the same kind and user.
  (t) => [index('one_time_links_user').on(t.kind, t.userId)],
);
