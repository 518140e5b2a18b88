/**
 * The guides that /docs shows, in the order of its menu. Their texts are the Markdown files of the repository, without the one about
 * its code.
 */
import readme from '../../../README.md';
import accounts from '../../../docs/accounts.md';
import api from '../../../docs/api.md';
import batches from '../../../docs/batches.md';
import billing from '../../../docs/billing.md';
import cdn from '../../../docs/cdn.md';
import choices from '../../../docs/choices.md';
import encryption from '../../../docs/encryption.md';
import keys from '../../../docs/keys.md';
import lifecycle from '../../../docs/lifecycle.md';
import operations from '../../../docs/operations.md';
import aws from '../../../docs/providers/aws.md';
import backblazeB2 from '../../../docs/providers/backblaze-b2.md';
import cloudflareR2 from '../../../docs/providers/cloudflare-r2.md';
import digitaloceanSpaces from '../../../docs/providers/digitalocean-spaces.md';
import other from '../../../docs/providers/other.md';
import providers from '../../../docs/providers/README.md';
import scale from '../../../docs/scale.md';
import scaleway from '../../../docs/providers/scaleway.md';
import wasabi from '../../../docs/providers/wasabi.md';
import storage from '../../../docs/storage.md';
import troubleshooting from '../../../docs/troubleshooting.md';
import webhooks from '../../../docs/webhooks.md';
import { pickSections } from './pick-sections.ts';

export interface Guide {
  /** The path below /docs/. */
  slug: string;
  /** As menus show it. */
  title: string;
  /** What the guide is about, in one sentence. */
  summary: string;
  /** The path of the file in the repository, which links between guides are relative to. */
  file: string;
  markdown: string;
}

export interface GuideGroup {
  title: string;
  /** True for guides of which a reader needs only one. */
  isFolded?: boolean;
  /** True for guides that only those need who run the service. */
  isForOperators?: boolean;
  guides: Guide[];
}

function guide(slug: string, title: string, summary: string, file: string, markdown: string): Guide {
  return { slug, title, summary, file, markdown };
}

/** The parts of the README that help to run the service. */
const SELF_HOSTING = [
  'Get started',
  'Deploy to Cloudflare',
  'Run it without Cloudflare',
  'Run more downloaders',
  'Configuration',
];

export const GUIDE_GROUPS: readonly GuideGroup[] = [
  {
    title: 'Imports',
    guides: [
      guide(
        'using-the-api',
        'Using the API',
        'Safe repeats, waiting, events, estimates and lists.',
        'docs/api.md',
        api,
      ),
      guide(
        'choices',
        'Tracks, quality and format',
        'Audio alone, 720p, MP4, and hard limits of size and cost.',
        'docs/choices.md',
        choices,
      ),
      guide(
        'batches',
        'Many imports at once',
        'Lists of URLs, playlists and channels.',
        'docs/batches.md',
        batches,
      ),
      guide('webhooks', 'Webhooks', 'Your server is told when a job ends.', 'docs/webhooks.md', webhooks),
      guide(
        'troubleshooting',
        'Troubleshooting',
        'Every error code: what it means and what to do.',
        'docs/troubleshooting.md',
        troubleshooting,
      ),
    ],
  },
  {
    title: 'Your own bucket',
    guides: [
      guide(
        'storage',
        'Storing files in your bucket',
        'Settings, paths, fallback, and several buckets.',
        'docs/storage.md',
        storage,
      ),
      guide(
        'cdn',
        'Public files and CDNs',
        'Who can open the URL of a file, and how browsers load it.',
        'docs/cdn.md',
        cdn,
      ),
      guide(
        'lifecycle',
        'Unfinished and old files',
        'Rules that remove leftovers and old files.',
        'docs/lifecycle.md',
        lifecycle,
      ),
      guide(
        'encryption',
        'Encryption',
        'Encryption at the provider, and of saved credentials.',
        'docs/encryption.md',
        encryption,
      ),
    ],
  },
  {
    title: 'Setting up a provider',
    isFolded: true,
    guides: [
      guide(
        'providers',
        'Providers compared',
        'What each storage provider supports.',
        'docs/providers/README.md',
        providers,
      ),
      guide(
        'providers/aws',
        'Amazon S3',
        'A bucket and a policy with few rights.',
        'docs/providers/aws.md',
        aws,
      ),
      guide(
        'providers/cloudflare-r2',
        'Cloudflare R2',
        'A bucket and a token.',
        'docs/providers/cloudflare-r2.md',
        cloudflareR2,
      ),
      guide(
        'providers/backblaze-b2',
        'Backblaze B2',
        'A bucket and an application key.',
        'docs/providers/backblaze-b2.md',
        backblazeB2,
      ),
      guide(
        'providers/digitalocean-spaces',
        'DigitalOcean Spaces',
        'A bucket and a key.',
        'docs/providers/digitalocean-spaces.md',
        digitaloceanSpaces,
      ),
      guide('providers/wasabi', 'Wasabi', 'A bucket and a key.', 'docs/providers/wasabi.md', wasabi),
      guide('providers/scaleway', 'Scaleway', 'A bucket and a key.', 'docs/providers/scaleway.md', scaleway),
      guide(
        'providers/other',
        'MinIO, Ceph and others',
        'Any S3-compatible storage, also on your own network.',
        'docs/providers/other.md',
        other,
      ),
    ],
  },
  {
    title: 'Your workspace',
    guides: [
      guide(
        'accounts',
        'People and accounts',
        'Sign-in, sessions, and what each role may do.',
        'docs/accounts.md',
        accounts,
      ),
      guide(
        'keys',
        'API keys',
        'Scopes, end, addresses, rotation, and limits of requests.',
        'docs/keys.md',
        keys,
      ),
      guide('billing', 'Billing', 'Prices, free bytes, balance and usage.', 'docs/billing.md', billing),
    ],
  },
  {
    title: 'Running the service',
    isForOperators: true,
    guides: [
      guide(
        'self-hosting',
        'Self-hosting',
        'Start it on your machine, deploy it, and configure it.',
        'README.md',
        `# Self-hosting\n\n${pickSections(readme, SELF_HOSTING)}`,
      ),
      guide(
        'operations',
        'Operations',
        'Deployments, log, metrics, and a runbook for trouble.',
        'docs/operations.md',
        operations,
      ),
      guide(
        'scale',
        'Scale',
        'How many jobs one installation runs at once, what limits it, and what it costs.',
        'docs/scale.md',
        scale,
      ),
    ],
  },
];

export const GUIDES: readonly Guide[] = GUIDE_GROUPS.flatMap(({ guides }) => guides);
