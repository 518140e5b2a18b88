/** The tags of /openapi.json: operations by the resource that they are about. */

interface Tag {
  name: string;
  description: string;
  /** The first segments of the paths. */
  segments: readonly string[];
}

/** In the order in which a reader needs them. */
const TAGS: readonly Tag[] = [
  {
    name: 'Imports',
    description: 'Start imports, follow them, find them again, store them elsewhere, and delete them.',
    segments: ['import', 'imports'],
  },
  {
    name: 'Batches',
    description: 'Start up to 1,000 imports with one request, and follow them together.',
    segments: ['batches'],
  },
  {
    name: 'Metadata',
    description: 'Learn what a URL leads to, and what its import costs, without importing it.',
    segments: ['metadata'],
  },
  {
    name: 'Storage',
    description: 'Save and test the settings of your own buckets, and move files to them.',
    segments: ['storage'],
  },
  {
    name: 'Webhooks',
    description: 'Have your server told about events, and see what was sent.',
    segments: ['webhooks', 'event'],
  },
  {
    name: 'API keys',
    description: 'Create, list, rotate and revoke the keys of your workspace.',
    segments: ['keys'],
  },
  {
    name: 'Usage',
    description: 'What your jobs used and cost.',
    segments: ['usage'],
  },
  {
    name: 'Sites',
    description: 'How often imports from a site succeed at the moment.',
    segments: ['sites'],
  },
  {
    name: 'Service',
    description: 'The state of the service, and the files that it keeps.',
    segments: ['health', 'diagnostics', 'media'],
  },
];

/** The parts of a description that this file reads and changes. */
interface Described {
  tags?: { name: string; description: string }[];
  paths?: Record<string, Operations>;
  webhooks?: Record<string, Operations>;
}
type Operations = Record<string, { tags?: string[] }>;

/** Gives each operation its tag. Changes the description. */
export function addTags(description: object): void {
  const described = description as Described;
  described.tags = TAGS.map(({ name, description }) => ({ name, description }));
  for (const [path, operations] of Object.entries({ ...described.paths, ...described.webhooks })) {
    const tag = TAGS.find(({ segments }) => segments.includes(path.split('/')[1] ?? ''));
    for (const operation of Object.values(operations)) operation.tags = tag ? [tag.name] : [];
  }
}
