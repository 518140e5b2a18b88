/** Vitest setup that starts S3 servers for tests in workerd, which can connect to servers but not start them. */
import type { TestProject } from 'vitest/node';
import type { ProvidedS3 } from './provided-s3.ts';
import { seaweedfsOnDemand } from './seaweedfs-on-demand.ts';
import { startStrictS3Control } from '../strict-s3/control.ts';
import { startVersitygw } from './versitygw.ts';

/** Vitest calls this function before the tests of the project, and the returned function after them. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [server, control, seaweedfs] = await Promise.all([
    startVersitygw(),
    startStrictS3Control(),
    seaweedfsOnDemand(),
  ]);
  project.provide('s3', server && toProvided(server));
  project.provide('strictS3ControlUrl', control.url);
  project.provide('seaweedfsUrl', seaweedfs.url);
  return async () => void (await Promise.all([server?.stop(), control.stop(), seaweedfs.stop()]));
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
