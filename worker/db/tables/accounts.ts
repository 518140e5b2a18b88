/** People who sign in to the dashboard. better-auth reads and writes the sessions, and reads the users and their passwords. */
import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

/** better-auth has times as Date objects. */
const date = (name: string) => integer(name, { mode: 'timestamp_ms' });

export const users = sqliteTable(
  'users',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    /** In lower case. */
    email: text('email').notNull(),
    createdAt: date('created_at').notNull(),
    updatedAt: date('updated_at').notNull(),
  },
  // Sign-in looks an address up.
  (t) => [uniqueIndex('users_email').on(t.email)],
);

/** A sign-in on one device. Its cookie holds the token and a signature by AUTH_SECRET. */
export const sessions = sqliteTable(
  'sessions',
  {
    id: text('id').primaryKey(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id),
    token: text('token').notNull(),
    /** The workspace that the dashboard shows. Null: the first one of the user. */
    workspaceId: text('workspace_id'),
    ipAddress: text('ip_address'),
    userAgent: text('user_agent'),
    createdAt: date('created_at').notNull(),
    updatedAt: date('updated_at').notNull(),
    expiresAt: date('expires_at').notNull(),
  },
  (t) => [
    // Each request of a page.
    uniqueIndex('sessions_token').on(t.token),
    // The list of a user's sessions, and signing out everywhere.
    index('sessions_user').on(t.userId),
  ],
);

/** How a user signs in. The only provider is `credential`, a password. */
export const signInMethods = sqliteTable(
  'sign_in_methods',
  {
    id: text('id').primaryKey(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id),
    providerId: text('provider_id').notNull(),
    /** The name of the user at the provider: for a password, the ID of the user. */
    accountId: text('account_id').notNull(),
    /** An scrypt hash. */
    password: text('password'),
    createdAt: date('created_at').notNull(),
    updatedAt: date('updated_at').notNull(),
  },
  (t) => [
    // Sign-in reads the methods of the user.
    uniqueIndex('sign_in_methods_user').on(t.userId, t.providerId),
  ],
);
