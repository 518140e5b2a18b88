/** The one function of node:zlib that the Worker uses (nodejs_compat); the types of Node would bring its globals with them. */
declare module 'node:zlib' {
  /** CRC-32 of `data`, going on from `value`; unsigned. */
  export function crc32(data: Uint8Array, value?: number): number;
}
