import { describe, expect, test } from 'vitest';
import { makeConfiguration } from '../../../scripts/deploy/configuration.ts';
import { readCommitted } from '../../../scripts/lib/wrangler-toml.ts';
import { namesOf } from '../../../scripts/deploy/names.ts';
import { deployOptions } from '../../../scripts/deploy/options.ts';
import { mergeSettings, type Settings } from '../../../scripts/deploy/record.ts';
import { join } from 'node:path';
import { ROOT } from '../../../scripts/lib/paths.ts';

const settings: Settings = {
  accountId: 'account',
  domain: null,
  image: null,
  instance: null,
  pageInstance: null,
  downloaderUrl: null,
  analytics: null,
  mailFrom: null,
  databases: 1,
  vars: {},
};

function configure(changed: Partial<Settings>, env: string | null = null): Record<string, unknown> {
  return makeConfiguration({
    committed: readCommitted(),
    names: namesOf('importly-open', env),
    settings: { ...settings, ...changed },
    accountId: 'account',
    databaseId: 'database',
    publicUrl: 'https://import.example.com',
    path: join(ROOT, '.importly', 'deploy', 'importly-open', 'wrangler.json'),
  }) as Record<string, unknown>;
}

describe('the configuration of a deployment', () => {
  test('keeps what wrangler.toml says and gives each resource the name of the environment', () => {
    const made = configure({}, 'staging');
    expect(made).toMatchObject({
      name: 'importly-open-staging',
      account_id: 'account',
      main: '../../../worker/index.ts',
      workers_dev: true,
      vars: { PUBLIC_URL: 'https://import.example.com' },
      d1_databases: [{ binding: 'DB', database_name: 'importly-open-staging', database_id: 'database' }],
      r2_buckets: [{ binding: 'MEDIA', bucket_name: 'importly-open-staging-media' }],
      queues: {
        producers: [
          { binding: 'DOORBELL', queue: 'importly-open-staging-doorbell' },
          { binding: 'WEBHOOKS', queue: 'importly-open-staging-webhooks' },
        ],
        consumers: [
          {
            queue: 'importly-open-staging-doorbell',
            dead_letter_queue: 'importly-open-staging-dead-letters',
          },
          {
            queue: 'importly-open-staging-webhooks',
            dead_letter_queue: 'importly-open-staging-dead-letters',
          },
          { queue: 'importly-open-staging-dead-letters' },
        ],
      },
      containers: [{ name: 'importly-open-staging-downloader', image: '../../../downloader/Dockerfile' }],
    });
    const { compatibility_date: date, compatibility_flags: flags } = readCommitted();
    expect(made).toMatchObject({ compatibility_date: date, compatibility_flags: flags });
    expect(JSON.stringify(made)).not.toMatch(/importly-open-(?!staging)/);
  });

  test('a domain takes the place of workers.dev', () => {
    expect(configure({ domain: 'import.example.com' })).toMatchObject({
      workers_dev: false,
      routes: [{ pattern: 'import.example.com', custom_domain: true }],
    });
  });

  test('a container may have as many instances as the Worker has slots', () => {
    expect(configure({ vars: { DOWNLOADER_SLOTS: '3' } })).toMatchObject({
      vars: { DOWNLOADER_SLOTS: '3' },
      containers: [{ max_instances: 3 }],
    });
    expect(configure({})).toMatchObject({ containers: [{ max_instances: 1 }] });
  });

  test('pages have a container of their own with PAGE_SLOTS, with as many instances as the Worker has such slots', () => {
    const [files] = configure({}).containers as object[];
    const pages = { vars: { PAGE_SLOTS: '2' }, instance: 'basic', pageInstance: 'standard-2' };
    expect(configure(pages)).toMatchObject({ vars: { PAGE_SLOTS: '2' } });
    expect(configure(pages).containers).toEqual([
      { ...files, instance_type: 'basic' },
      {
        ...files,
        name: 'importly-open-page-downloader',
        class_name: 'PageContainer',
        max_instances: 2,
        instance_type: 'standard-2',
      },
    ]);
    expect(configure({ vars: { PAGE_SLOTS: '0' } }).containers).toHaveLength(1);
  });

  test('a fleet that only fetches its jobs has no container', () => {
    expect(configure({ vars: { DOWNLOADER_SLOTS: '0' } }).containers).toEqual([]);
  });

  test('an image that is pushed already is not built', () => {
    const [container] = configure({ image: 'registry.example.com/downloader:1' }).containers as object[];
    expect(container).toMatchObject({ image: 'registry.example.com/downloader:1' });
    expect(container).not.toHaveProperty('image_build_context');
  });

  test('a downloader that runs elsewhere takes the place of the container', () => {
    const made = configure({ downloaderUrl: 'https://downloader.example.com' });
    expect(made).not.toHaveProperty('containers');
    expect(made.vars).toMatchObject({ DOWNLOADER_URL: 'https://downloader.example.com' });
  });

  test('a dataset of Analytics Engine is bound when it is named', () => {
    const bound = [{ binding: 'ANALYTICS', dataset: 'imports' }];
    expect(configure({ analytics: 'imports' })).toMatchObject({ analytics_engine_datasets: bound });
    expect(configure({})).not.toHaveProperty('analytics_engine_datasets');
  });

  test('mail of Cloudflare is bound when its sender is named', () => {
    const made = configure({ mailFrom: 'service@example.com' });
    expect(made).toMatchObject({
      send_email: [{ name: 'MAIL' }],
      vars: { MAIL_FROM: 'service@example.com' },
    });
    expect(configure({})).not.toHaveProperty('send_email');
    expect(() => configure({ mailFrom: 'service' })).toThrow('MAIL_FROM is not valid');
  });

  test('a variable that the Worker does not know or would refuse is named', () => {
    expect(() => configure({ vars: { MAX_BITES: '1' } })).toThrow('The Worker knows no variable MAX_BITES');
    expect(() => configure({ vars: { MAX_BYTES: 'many' } })).toThrow('MAX_BYTES is not valid');
  });
});

describe('the command line', () => {
  test('flags change what is remembered, and an empty one forgets it', () => {
    const remembered = { ...settings, domain: 'old.example.com', vars: { MAX_BYTES: '1' } };
    const { given } = deployOptions(['--domain', '', '--var', 'RETENTION_DAYS=3']);
    expect(mergeSettings(remembered, given)).toMatchObject({
      domain: null,
      vars: { MAX_BYTES: '1', RETENTION_DAYS: '3' },
    });
  });

  test.each([
    [['--domain', 'https://import.example.com'], '--domain takes a host name'],
    [['--env', 'Staging!'], '--env takes up to 20'],
    [['--analytics', 'my-data'], '--analytics takes letters'],
    [['--page-instance', 'large'], '--page-instance takes lite, basic'],
    [['--var', 'MAX_BYTES'], '--var takes NAME=value'],
    [['--dri-run'], "Unknown option '--dri-run'"],
  ])('%j is refused with a sentence', (args, sentence) => {
    expect(() => deployOptions(args)).toThrow(sentence);
  });
});
