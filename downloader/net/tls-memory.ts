/** What TLS connections of this process share, so that each one costs less: the trusted authorities, and sessions to continue. */
import { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';

/** Sessions that are kept, as undici does for its own sockets; a session has about 2 KiB. */
const MAX_SESSIONS = 100;

const contexts = new Map<string | undefined, SecureContext>();

/** The context that trusts these authorities (PEM), or those of Node and NODE_EXTRA_CA_CERTS. Making one takes as long as half a handshake. */
export function secureContextFor(ca: string | undefined): SecureContext {
  const known = contexts.get(ca);
  if (known) return known;
  const made = createSecureContext(ca === undefined ? {} : { ca });
  contexts.set(ca, made);
  return made;
}

const sessions = new Map<string, Buffer>();

/** The last session with this server. `key` names the server, and the authorities that have verified it. */
export function sessionOf(key: string): Buffer | undefined {
  return sessions.get(key);
}

/**
 * Remembers the sessions that the server offers. Its certificate is verified by then. Forgets them after a failed handshake, since a server may
 * fail at a session that it cannot continue.
 */
export function rememberSessions(socket: TLSSocket, key: string): void {
  const forget = () => void sessions.delete(key);
  socket.once('error', forget);
  socket.once('secureConnect', () => socket.removeListener('error', forget));
  socket.on('session', (session) => {
    sessions.delete(key);
    sessions.set(key, session);
    const [oldest] = sessions.keys();
    if (sessions.size > MAX_SESSIONS && oldest !== undefined) sessions.delete(oldest);
  });
}
