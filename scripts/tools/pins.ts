/** Reads and moves the pinned versions of a requirements file, hashes included. */
import { z } from 'zod';

/** What PyPI's JSON API says of a package; only the members that are read. */
const Project = z.object({
  info: z.object({ version: z.string() }),
  releases: z.record(
    z.string(),
    z.array(
      z.object({
        filename: z.string(),
        packagetype: z.string(),
        yanked: z.boolean(),
        digests: z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
      }),
    ),
  ),
});
export type Project = z.infer<typeof Project>;

/** A package of PyPI. `origin` is that of PyPI or of a mirror with the same JSON API. Throws an Error if it does not answer. */
export async function fetchProject(name: string, origin = 'https://pypi.org'): Promise<Project> {
  const answer = await fetch(`${origin}/pypi/${encodeURIComponent(name)}/json`, {
    signal: AbortSignal.timeout(60_000),
  });
  if (!answer.ok) throw new Error(`PyPI answers ${answer.status} for ${name}`);
  return Project.parse(await answer.json());
}

/** Platforms on which the downloader runs: Linux with glibc, and macOS. */
const PLATFORMS = /manylinux|macosx/;

/** SHA-256 of the wheels to pin: the one for all platforms, or else those of each platform. Throws if there is none. Pure. */
export function wheelHashes(project: Project, name: string, version: string): string[] {
  const wheels = (project.releases[version] ?? []).filter(
    ({ packagetype, yanked }) => packagetype === 'bdist_wheel' && !yanked,
  );
  const pure = wheels.filter(({ filename }) => filename.endsWith('-none-any.whl'));
  const chosen = pure.length > 0 ? pure : wheels.filter(({ filename }) => PLATFORMS.test(filename));
  if (chosen.length === 0) throw new Error(`PyPI has no wheel of ${name} ${version}`);
  return chosen.map(({ digests }) => digests.sha256).sort();
}

/** Names and versions in the order of the file. Pure. */
export function pinnedVersions(requirements: string): Map<string, string> {
  return new Map(
    [...requirements.matchAll(/^([\w.-]+)==(\S+)/gm)].map(([, name = '', version = '']) => [name, version]),
  );
}

/** The file with another version of one package. Comments and all other packages stay. Pure. */
export function movePin(
  requirements: string,
  name: string,
  pin: { version: string; hashes: string[] },
): string {
  const lines = requirements.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`${name}==`));
  const length = lines.slice(start).findIndex((line) => !line.endsWith('\\')) + 1;
  const block = [`${name}==${pin.version}`, ...pin.hashes.map((hash) => `    --hash=sha256:${hash}`)];
  lines.splice(start, length, block.join(' \\\n'));
  return lines.join('\n');
}

export interface Move {
  name: string;
  from: string;
  to: string;
}

/** Moves every pinned package whose version is another one in `versions`. Returns the new file and what has moved. */
export async function movePins(
  requirements: string,
  versions: ReadonlyMap<string, string>,
  project: (name: string) => Promise<Project>,
): Promise<{ text: string; moves: Move[] }> {
  let text = requirements;
  const moves: Move[] = [];
  for (const [name, from] of pinnedVersions(requirements)) {
    const to = versions.get(name) ?? from;
    if (to === from) continue;
    text = movePin(text, name, { version: to, hashes: wheelHashes(await project(name), name, to) });
    moves.push({ name, from, to });
  }
  return { text, moves };
}
