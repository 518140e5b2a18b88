/** The path of the members of the workspace. */
export const MEMBERS_PATH = '/dashboard/members';
