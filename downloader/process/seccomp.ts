/** The filter of system calls of confined children, as a program for the kernel (classic BPF). Pure. */

/** Numbers differ between architectures: linux/arch/x86/entry/syscalls/syscall_64.tbl, linux/scripts/syscall.tbl. */
interface Calls {
  /** AUDIT_ARCH_*: which table a call belongs to. */
  audit: number;
  clone: number;
  clone3: number;
  socket: number;
  /**
   * Not for children. New namespaces, io_uring (which opens sockets past this filter), BPF, performance counters and
   * page faults in user space are ways to attack the kernel. Keys belong to a user, so other jobs could read them.
   */
  refused: readonly number[];
}

const CALLS: Readonly<Record<string, Calls>> = {
  // refused: unshare, setns, io_uring_setup, bpf, perf_event_open, userfaultfd, add_key, request_key, keyctl.
  x64: {
    audit: 0xc000003e,
    clone: 56,
    clone3: 435,
    socket: 41,
    refused: [272, 308, 425, 321, 298, 323, 248, 249, 250],
  },
  arm64: {
    audit: 0xc00000b7,
    clone: 220,
    clone3: 435,
    socket: 198,
    refused: [97, 268, 425, 280, 241, 282, 217, 218, 219],
  },
};

/** AF_UNIX, AF_INET and AF_INET6. Others, such as AF_VSOCK, pass network namespaces by. */
const FAMILIES = [1, 2, 10];
const CLONE_NEWUSER = 0x10000000;
/** On x64, calls with this bit are those of the x32 ABI: the same calls under other numbers. */
const X32_BIT = 0x40000000;

const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

/** Offsets in `struct seccomp_data`. The first argument is a number of 64 bits; its lower half comes first. */
const NUMBER = 0;
const ARCHITECTURE = 4;
const FIRST_ARGUMENT = 16;

/** Instructions of BPF: load a word, jump if equal, if at least, if a bit is set, return. */
const LOAD = 0x20;
const IF_EQUAL = 0x15;
const IF_AT_LEAST = 0x35;
const IF_BIT = 0x45;
const RETURN = 0x06;

const ALLOW = 0x7fff0000;
const KILL_PROCESS = 0x80000000;
const fail = (errno: number): number => 0x00050000 | errno;

type Instruction = [code: number, value: number, skipIfTrue?: number, skipIfFalse?: number];

/** Null for an architecture whose numbers are not listed here. */
export function seccompFilter(architecture: string): Uint8Array | null {
  const calls = CALLS[architecture];
  return calls ? encode(program(calls)) : null;
}

function program({ audit, clone, clone3, socket, refused }: Calls): Instruction[] {
  return [
    [LOAD, ARCHITECTURE],
    [IF_EQUAL, audit, 1, 0],
    [RETURN, KILL_PROCESS],
    [LOAD, NUMBER],
    ...returnIf([IF_AT_LEAST, X32_BIT], fail(ENOSYS)),
    ...refused.flatMap((number) => returnIf([IF_EQUAL, number], fail(EPERM))),
    // Its flags are in memory, which a filter cannot read. The C library then calls clone.
    ...returnIf([IF_EQUAL, clone3], fail(ENOSYS)),
    [IF_EQUAL, clone, 0, 4],
    [LOAD, FIRST_ARGUMENT],
    ...returnIf([IF_BIT, CLONE_NEWUSER], fail(EPERM)),
    [RETURN, ALLOW],
    [IF_EQUAL, socket, 0, 2 + 2 * FAMILIES.length],
    [LOAD, FIRST_ARGUMENT],
    ...FAMILIES.flatMap((family) => returnIf([IF_EQUAL, family], ALLOW)),
    [RETURN, fail(EAFNOSUPPORT)],
    [RETURN, ALLOW],
  ];
}

function returnIf([code, value]: [code: number, value: number], result: number): Instruction[] {
  return [
    [code, value, 0, 1],
    [RETURN, result],
  ];
}

/** `struct sock_filter`: 16 bits, 8, 8 and 32. */
function encode(instructions: readonly Instruction[]): Uint8Array {
  const bytes = Buffer.alloc(instructions.length * 8);
  for (const [index, [code, value, skipIfTrue = 0, skipIfFalse = 0]] of instructions.entries()) {
    const at = index * 8;
    bytes.writeUInt16LE(code, at);
    bytes.writeUInt8(skipIfTrue, at + 2);
    bytes.writeUInt8(skipIfFalse, at + 3);
    bytes.writeUInt32LE(value >>> 0, at + 4);
  }
  return bytes;
}
