/** Who may do what on the stand-in. */

/** IAM actions that the operations of the stand-in ask for. */
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
  /** Set for temporary credentials: then every request must carry it. */
  sessionToken?: string;
  /** `*` allows everything. */
  actions: readonly Action[] | '*';
};

/** May do everything. */
export const ADMIN: Account = {
  accessKeyId: 'STANDINADMIN00000001',
  secretAccessKey: 'admin/secret+of/the+stand-in/0000000001',
  actions: '*',
};

/** The smallest policy that an upload needs. */
export const PUT_ONLY: Account = {
  accessKeyId: 'STANDINPUTONLY000001',
  secretAccessKey: 'putonly/secret+of/the+stand-in/00000001',
  actions: ['s3:PutObject'],
};

/** Whether the account (null: a visitor) may do it. */
export function allows(account: Account | null, action: Action): boolean {
  return account !== null && (account.actions === '*' || account.actions.includes(action));
}
