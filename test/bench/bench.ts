/**
 * Measures imports on this machine (Linux) beside other programs: TLS on both sides, storage that verifies every part.
 * Usage: `npm run bench [MiB] [rounds] [before]`, where `before` is a commit of this service to compare with. Source and
 * storage are separate processes and are not counted.
 */
import { orExit, wholeNumber } from '../../scripts/lib/arguments.ts';
import { ROOT } from '../../scripts/lib/paths.ts';
import { connectApi } from '../support/stack/api.ts';
import { startStack } from '../support/stack/stack.ts';
import { writeCertificate } from './certificate.ts';
import { benchDistantSource } from './distant-source.ts';
import { benchFiles } from './files.ts';
import { benchLatency, benchRecovery } from './latency.ts';
import { benchManySmall, withCommit } from './many-small.ts';
import { benchMemory } from './memory.ts';
import { benchPages } from './pages.ts';
import { buildPeers, startPeer } from './peers.ts';
import { placeAt, usePlace } from './place.ts';
import { findRclone } from './rclone.ts';
import { benchStatusReads } from './status-reads.ts';

const [mebibytes = '1024', roundsText = '5', before] = process.argv.slice(2);
const [largeMiB, rounds] = orExit(() => [
  wholeNumber(mebibytes, { name: 'MiB', least: 1, most: 1_048_576 }),
  wholeNumber(roundsText, { name: 'rounds', least: 1, most: 1000 }),
]);

const peers = await buildPeers();
const rclone = await findRclone();
const certificate = await writeCertificate();
const { trust } = certificate;
const source = await startPeer(peers, ['source'], certificate);
const sinks = [
  await startPeer(peers, ['sink'], certificate),
  await startPeer(peers, ['sink', 'no-crc32'], certificate),
] as const;
const [place, placeWithoutCrc32] = [placeAt(sinks[0].url, trust), placeAt(sinks[1].url, trust)];
const sourceUrl = source.url;
const stack = await startStack({ env: { ...trust, JOBS_PER_SLOT: '8' } });
try {
  const api = await connectApi(stack.apiUrl, stack.apiKey);
  const running = { stack, api };
  await benchLatency(stack, sourceUrl);
  await benchStatusReads(running, { sourceUrl, rounds });
  await benchFiles({ ...running, peers, rclone, sourceUrl, place, placeWithoutCrc32, rounds, largeMiB });
  await usePlace(api, place);
  await benchDistantSource({ ...running, peers, certificate, place, rounds });
  await benchMemory(running, { sourceUrl, largeMiB });
  await benchRecovery(running, { sourceUrl, largeMiB });
  await benchPages(running);
  if (before !== undefined)
    await withCommit(before, (old) =>
      benchManySmall([{ name: 'now', root: ROOT }, old], { place, sourceUrl, rounds }),
    );
} finally {
  await stack.stop();
  for (const server of [source, ...sinks]) await server.stop();
  await certificate.remove();
}
