/** Checks DNS, address and TLS of a host to which the Worker sends requests, since a Worker cannot open such sockets. */
import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { TLSSocket } from 'node:tls';
import { judgeHost, type EgressAllow } from '../../worker/contract/address-policy.ts';
import type { ProbeAnswer, ProbeRequest } from '../../worker/contract/downloader/command.ts';
import { JobFailure } from '../job-failure.ts';
import { lookupAllowed, openGuardedSocket, whenConnected, type Guard } from './guarded-connect.ts';
import { mapNetworkError } from './network-error.ts';

/** Milliseconds for each of the two steps, DNS and TLS: a person waits for the answer. */
const STEP_TIMEOUT_MS = 5000;
/** Longest name of a certificate's subject that is passed on, in characters. */
const MAX_SUBJECT_CHARACTERS = 200;

/**
 * Resolves the name, applies the policy, and makes a TLS handshake with a storage endpoint, without a request. For a refused host
 * the answer holds only the reason, and no byte is sent.
 */
export async function probeHost(
  allow: EgressAllow,
  request: ProbeRequest,
  options: Pick<Guard, 'lookup' | 'ca'> = {},
): Promise<ProbeAnswer> {
  const { purpose = 'storage' } = request;
  const guard: Guard = { allow, purpose, ...options };
  const target = { host: request.host.replace(/^\[(.*)\]$/, '$1'), port: request.port };
  const verdict = judgeHost(allow, purpose, target.host, target.port);
  if (!verdict.allowed) return refused(verdict.reason);
  const answer: ProbeAnswer = { addresses: [], allowed: true, reason: null, tls: null };
  try {
    const found = isIP(target.host) ? [{ address: target.host }] : await addressesOf(guard, target);
    answer.addresses = found.map(({ address }) => address);
    // Of the host of a webhook, only its addresses are asked.
    if (purpose === 'storage') answer.tls = await shakeHands(guard, target);
  } catch (error) {
    const { failure } = mapNetworkError(error, 'storage');
    if (failure.code === 'storage_address_forbidden') return refused(failure.detail ?? failure.code);
    const step = answer.addresses.length === 0 ? 'The host name does not resolve' : 'No TLS connection';
    answer.reason = `${step} (${failure.detail ?? failure.code})`;
  }
  return answer;
}

function refused(reason: string): ProbeAnswer {
  return { addresses: [], allowed: false, reason, tls: null };
}

function addressesOf(guard: Guard, target: ProbeRequest): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new JobFailure('storage_unreachable', 'ETIMEDOUT'));
    const timer = setTimeout(late, STEP_TIMEOUT_MS);
    lookupAllowed(guard, target, { all: true }, (error, addresses) => {
      clearTimeout(timer);
      if (error) reject(error);
      else resolve(addresses);
    });
  });
}

/** A bad certificate is reported, so it must not end the handshake. */
async function shakeHands(guard: Guard, target: ProbeRequest): Promise<ProbeAnswer['tls']> {
  const socket = openGuardedSocket(guard, { ...target, tls: { rejectUnauthorized: false } });
  try {
    await new Promise<void>((resolve, reject) => {
      whenConnected(socket, STEP_TIMEOUT_MS, (error) => (error ? reject(error) : resolve()));
    });
    return socket instanceof TLSSocket ? factsOf(socket) : null;
  } finally {
    socket.destroy();
  }
}

function factsOf(socket: TLSSocket): ProbeAnswer['tls'] {
  const certificate = socket.getPeerCertificate();
  const validTo = Date.parse(certificate.valid_to);
  const subject = [certificate.subject?.CN ?? []].flat().join(', ');
  return {
    authorized: socket.authorized,
    error: socket.authorized ? null : String(socket.authorizationError),
    protocol: socket.getProtocol(),
    subject: subject === '' ? null : subject.slice(0, MAX_SUBJECT_CHARACTERS),
    validTo: Number.isNaN(validTo) ? null : new Date(validTo).toISOString(),
  };
}
