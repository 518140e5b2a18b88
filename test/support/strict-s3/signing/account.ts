/** Accounts of the stand-in and their permissions. */

/** IAM actions that the operations of the stand-in require. */
export type Action =
  | 's3:PutObject'
  | 's3:PutObjectAcl'
  | 's3:PutObjectTagging'
  | 's3:AbortMultipartUpload'
  | 's3:GetObject'
  | 's3:DeleteObject'
  | 's3:ListBucket';

export type Account = {
  accessKeyId: string;
  secretAccessKey: string;
  /** For temporary credentials: every request must have it. */
  sessionToken?: string;
  /** `*` allows everything. */
  actions: readonly Action[] | '*';
};

/** Has all permissions. */
export const ADMIN: Account = {
  accessKeyId: 'STANDINADMIN00000001',
  secretAccessKey: 'admin/secret+of/the+stand-in/0000000001',
  actions: '*',
};

/** Has the one permission that an upload needs. */
export const PUT_ONLY: Account = {
  accessKeyId: 'STANDINPUTONLY000001',
  secretAccessKey: 'putonly/secret+of/the+stand-in/00000001',
  actions: ['s3:PutObject'],
};

/** Whether the account has the permission. Null is an anonymous visitor. */
export function allows(account: Account | null, action: Action): boolean {
  return account !== null && (account.actions === '*' || account.actions.includes(action));
}
