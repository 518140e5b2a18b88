/** A certificate for the benchmark's servers, in files that its programs trust. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeLoopbackCertificate } from '../support/strict-s3/loopback-certificate.ts';

export interface CertificateFiles {
  certificateFile: string;
  keyFile: string;
  /** Variables with which Node, workerd, Go and rclone trust the certificate. */
  trust: { NODE_EXTRA_CA_CERTS: string; SSL_CERT_FILE: string };
  remove(): Promise<void>;
}

/** Writes a fresh certificate for loopback names into a temporary folder. */
export async function writeCertificate(): Promise<CertificateFiles> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-certificate-'));
  const { cert, key } = await makeLoopbackCertificate();
  const [certificateFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await writeFile(certificateFile, cert);
  await writeFile(keyFile, key, { mode: 0o600 });
  const trust = { NODE_EXTRA_CA_CERTS: certificateFile, SSL_CERT_FILE: certificateFile };
  return { certificateFile, keyFile, trust, remove: () => rm(folder, { recursive: true, force: true }) };
}
