/** The paths of the pages for the operator. */
export const OPERATIONS_PATH = '/dashboard/operations';
export const DOCTOR_PATH = `${OPERATIONS_PATH}/doctor`;
export const REPLAY_PATH = `${OPERATIONS_PATH}/dead-letters/replay`;

export const pathOfProbe = (probeId: string): string => `${DOCTOR_PATH}/queue/${probeId}`;
