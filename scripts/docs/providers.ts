/** The overview of providers, made of the table that the service goes by. */
import {
  PROVIDER_TABLE,
  type ProviderProfile,
  type Support,
} from '../../worker/storage/s3/provider-table.ts';

const MIB = 1024 ** 2;

const HEAD = `<!-- Made by \`npm run docs\` from worker/storage/provider-table.ts. Do not edit. -->

# Providers

The service recognises a provider by the endpoint and knows what it does differently; \`provider\` in \`GET /storage\` says as which. Everybody
else is *S3-compatible*: what such a provider takes is tried, and what its answers teach is remembered.

Guides: [Amazon S3](aws.md) · [Cloudflare R2](cloudflare-r2.md) · [Backblaze B2](backblaze-b2.md) · [DigitalOcean Spaces](digitalocean-spaces.md) ·
[Wasabi](wasabi.md) · [Scaleway](scaleway.md) · [MinIO, Ceph and others](other.md)`;

const LEGEND = `*asked*: sent where it is set. When the provider refuses it, the object is stored without it (ACL, tags, \`AES256\`), which the import tells as a
warning, or is kept by the service with the reason (storage class, \`aws:kms\`). *no*: not even sent, with the same warning
(\`aws:kms\` is sent and refused: an object that others can decrypt is not what was asked for); a storage class or a \`storageConflict\` that the
provider lacks is refused when it is asked for. *by test*: unknown until Test Connection has found out.`;

const COLUMNS: [title: string, cell: (profile: ProviderProfile) => string][] = [
  ['provider', ({ name }) => name],
  ['bucket in URLs', ({ addressing }) => (addressing === 'virtual' ? 'host' : 'path')],
  [
    'region',
    ({ region }) =>
      ({ auto: '`auto`', host: 'of the endpoint, else of the settings', setting: 'of the settings' })[region],
  ],
  ['storage classes', ({ storageClasses }) => listOf(storageClasses)],
  ['`acl`', ({ acl }) => wordFor(acl, 'asked')],
  ['`sse`', ({ encryption }) => listOf(encryption)],
  ['`tags`', ({ tags }) => wordFor(tags, 'asked')],
  ['`rename`, `fail`', ({ conditionalWrites }) => wordFor(conditionalWrites, 'by test')],
  ['parts are checked by', ({ digest }) => (digest === 'crc32' ? 'CRC-32' : 'SHA-256; CRC-32 by test')],
  ['parts', partsOf],
];

/** The Markdown of docs/providers/README.md, not yet formatted. */
export function providersPage(): string {
  const lines = [
    COLUMNS.map(([title]) => title),
    COLUMNS.map(() => '---'),
    ...PROVIDER_TABLE.map((profile) => COLUMNS.map(([, cell]) => cell(profile))),
  ];
  const table = lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  return `${[HEAD, table, LEGEND].join('\n\n')}\n`;
}

function listOf(names: readonly string[] | null): string {
  if (names === null) return 'asked';
  return names.length === 0 ? 'no' : names.map((name) => `\`${name}\``).join(', ');
}

function wordFor(support: Support, unknown: string): string {
  return support === 'unknown' ? unknown : support;
}

function partsOf({ maxParts, minPartBytes }: ProviderProfile): string {
  return `at most ${maxParts.toLocaleString('en')}, of at least ${minPartBytes / MIB} MiB`;
}
