/** The paths of the pages about imports. */
export const IMPORTS_PATH = '/dashboard/imports';
export const NEW_PATH = `${IMPORTS_PATH}/new`;

export const pathOfImport = (jobId: string): string => `${IMPORTS_PATH}/${jobId}`;
