/** The benchmark of the downloader's memory: one file, eight at once, and after a thousand imports. */
import type { Api } from '../support/stack/api.ts';
import type { Stack } from '../support/stack/stack.ts';
import { measureImports } from './import-once.ts';

const MIB = 1024 * 1024;
const SMALL_BYTES = 100 * 1024;
/** Each round imports so many small files at once. */
const AT_ONCE = 50;

/** Prints the peaks with their goals. The workspace's storage must be set; the slot must take eight jobs. */
export async function benchMemory(
  running: { stack: Stack; api: Api },
  { sourceUrl, largeMiB }: { sourceUrl: string; largeMiB: number },
): Promise<void> {
  const file = (sizeBytes: number) => ({ url: `${sourceUrl}/${sizeBytes}.wav`, sizeBytes, store: true });
  const one = await measureImports(running, [file(largeMiB * MIB)]);
  const eight = await measureImports(
    running,
    Array.from({ length: 8 }, () => file(256 * MIB)),
  );
  for (let done = 0; done < 1000; done += AT_ONCE)
    await measureImports(
      running,
      Array.from({ length: AT_ONCE }, () => file(SMALL_BYTES)),
    );
  const after = await measureImports(running, [file(largeMiB * MIB)]);
  const peak = ({ downloader }: typeof one) => `${downloader.peakRssMiB.toFixed(0)} MiB`;
  console.log(`\nPeak of the downloader: one file of ${largeMiB} MiB ${peak(one)} (goal ≤ 140 MiB);`);
  console.log(`eight of 256 MiB at once ${peak(eight)} (goal ≤ 256 MiB);`);
  console.log(`one file again after 1,000 imports ${peak(after)} (goal: as before).`);
}
