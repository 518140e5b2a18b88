/** How yt-dlp starts: a short Python program that reads its arguments from stdin. */

/**
 * Python runs isolated: with `-I` it imports nothing from the working folder or from PYTHON* variables. Its argument is
 * the folder of yt-dlp. The arguments of yt-dlp come as JSON on stdin, because the command line of a process can be read
 * by every other process, and they contain the URL of the source and the password of the proxy. On Linux the interpreter
 * ends with its parent, also when the parent is killed.
 *
 * In a network of its own it starts a relay first: a process that connects a port of loopback to the socket of the proxy. The relay
 * ends with the interpreter: bubblewrap runs until its last process has ended, and its own parent may be killed before it can notice.
 *
 * The interpreter limits its own memory below the limit of the process, which its JavaScript runtime gets: Node reserves memory that it
 * does not touch, while a page can fill what Python has. yt-dlp reports the end of its memory by an empty text, so its name is added.
 */
const BOOT = `
import json, os, socket, sys, threading
sys.path.insert(0, sys.argv.pop(1))
boot = json.load(sys.stdin)
sys.argv[1:] = boot['args']
def end_with_parent():
  try:
    import ctypes; ctypes.CDLL(None).prctl(1, 9)
  except Exception: pass

end_with_parent()

def pump(source, target):
  try:
    while data := source.recv(262144): target.sendall(data)
    target.shutdown(socket.SHUT_WR)
  except OSError:
    source.close(); target.close()

def serve(server, path):
  threading.stack_size(262144)
  while True:
    client = server.accept()[0]
    proxy = socket.socket(socket.AF_UNIX)
    proxy.connect(path)
    for pair in (client, proxy), (proxy, client):
      threading.Thread(target=pump, args=pair, daemon=True).start()

if boot['relay']:
  server = socket.create_server(('127.0.0.1', boot['relay']['port']), backlog=128)
  ytdlp = os.getpid()
  if os.fork() == 0:
    end_with_parent()
    if os.getppid() != ytdlp: os._exit(1)
    for fd in 0, 1, 2: os.dup2(os.open(os.devnull, os.O_RDWR), fd)
    try: serve(server, boot['relay']['socketPath'])
    finally: os._exit(1)
  server.close()

def limit_memory(soft):
  import resource, subprocess
  data = resource.RLIMIT_DATA
  hard = resource.getrlimit(data)[1]
  start = subprocess.Popen.__init__
  def start_with_all(*args, **options):
    resource.setrlimit(data, (hard, hard))
    try: start(*args, **options)
    finally: resource.setrlimit(data, (soft, hard))
  subprocess.Popen.__init__ = start_with_all
  resource.setrlimit(data, (soft, hard))

if boot['memoryBytes']:
  try: limit_memory(boot['memoryBytes'])
  except Exception: pass

from yt_dlp import YoutubeDL, main

def name_memory_error(report):
  def named(self, message, *args, **options):
    return report(self, 'MemoryError' if isinstance(sys.exc_info()[1], MemoryError) else message, *args, **options)
  return named

YoutubeDL.report_error = name_memory_error(YoutubeDL.report_error)
main()
`;

/** The port of the relay: free, since the network has no other program. */
export const RELAY_PORT = 3128;
/** The socket of the proxy, in the folder of the job. */
export const SOCKET_NAME = 'proxy.sock';

export interface YtdlpCommand {
  /** Arguments of the Python interpreter. */
  args: string[];
  input: AsyncIterable<Uint8Array>;
}

export interface Relay {
  port: number;
  socketPath: string;
}

export interface YtdlpBoot {
  /** Arguments of yt-dlp. */
  args: readonly string[];
  relay: Relay | null;
  /** Bytes of data memory of the interpreter alone; null: those of the process. */
  memoryBytes: number | null;
}

/** Runs yt-dlp of this folder. */
export function ytdlpCommand(ytdlpDirectory: string, boot: YtdlpBoot): YtdlpCommand {
  return {
    args: ['-I', '-X', 'utf8', '-c', BOOT, ytdlpDirectory],
    input: once(Buffer.from(JSON.stringify(boot))),
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
