/** A real S3 server for the tests that run in workerd: they can reach it, but not start it. */
import type { TestProject } from 'vitest/node';
import type { ProvidedS3 } from './provided-s3.ts';
import { startVersitygw } from './versitygw.ts';

/** Runs before the tests of a project; what it returns, after them. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startVersitygw();
  project.provide('s3', server && toProvided(server));
  return async () => server?.stop();
}

function toProvided({
  endpoint,
  region,
  bucket,
  accessKeyId,
  secretAccessKey,
  putOnly,
}: ProvidedS3): ProvidedS3 {
  return { endpoint, region, bucket, accessKeyId, secretAccessKey, putOnly };
}
