import { env } from 'cloudflare:workers';
import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../worker/config.ts';
import { DestinationInput } from '../../../../worker/contract/api/storage/destination-input.ts';
import {
  deleteDestination,
  findReferred,
  getDestination,
  openDestination,
} from '../../../../worker/storage/destinations/destinations.ts';
import { saveDestination } from '../../../../worker/storage/destinations/save-destination.ts';
import { makeCtx, type TestCtx } from '../../support/make-ctx.ts';
import { makeWorkspace } from '../../support/rows.ts';

const code = (name: string) => expect.objectContaining({ code: name });
const INPUT = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  bucket: 'your-bucket',
  region: 'us-east-1',
};
const save = (ctx: TestCtx, workspaceId: string, values: object = {}) =>
  saveDestination(ctx, { workspaceId, input: DestinationInput.parse({ ...INPUT, ...values }) });
const open = async (ctx: TestCtx, workspaceId: string) =>
  openDestination(ctx, (await findReferred(ctx, { workspaceId }))!);

describe('settings', () => {
  it('are stored with encrypted credentials', async () => {
    const ctx = makeCtx();
    const workspaceId = await makeWorkspace(ctx);
    const saved = await save(ctx, workspaceId);
    expect(await getDestination(ctx, { workspaceId })).toEqual(saved);
    const row = JSON.stringify(saved);
    expect(row).not.toContain(INPUT.secretAccessKey);
    expect(row).not.toContain(INPUT.accessKeyId);
    expect(await open(ctx, workspaceId)).toMatchObject({
      accessKeyId: INPUT.accessKeyId,
      secretAccessKey: INPUT.secretAccessKey,
    });
  });

  it('are stored without leading and trailing blanks', async () => {
    const ctx = makeCtx();
    const workspaceId = await makeWorkspace(ctx);
    const pasted = Object.fromEntries(Object.entries(INPUT).map(([name, text]) => [name, `\n ${text}\t `]));
    await save(ctx, workspaceId, { ...pasted, region: ' US-EAST-1 ', endpoint: ' https://s3.example.com/ ' });
    expect(await open(ctx, workspaceId)).toMatchObject({
      ...INPUT,
      endpoint: new URL('https://s3.example.com'),
    });
  });

  it.each([
    {},
    { secretAccessKey: '' },
    { accessKeyId: '', secretAccessKey: ' ' },
    { accessKeyId: undefined },
  ])('keep the saved secret when the update has none: %j', async (blank) => {
    const ctx = makeCtx();
    const workspaceId = await makeWorkspace(ctx);
    await save(ctx, workspaceId);
    await save(ctx, workspaceId, { secretAccessKey: undefined, bucket: 'another', ...blank });
    expect(await open(ctx, workspaceId)).toMatchObject({ ...INPUT, bucket: 'another' });
  });

  it('accept a new secret for the same access key id', async () => {
    const ctx = makeCtx();
    const workspaceId = await makeWorkspace(ctx);
    await save(ctx, workspaceId);
    await save(ctx, workspaceId, { accessKeyId: '', secretAccessKey: 'rotated' });
    expect(await open(ctx, workspaceId)).toMatchObject({
      accessKeyId: INPUT.accessKeyId,
      secretAccessKey: 'rotated',
    });
  });

  it('need both keys at first, and a secret with every new access key id', async () => {
    const ctx = makeCtx();
    const workspaceId = await makeWorkspace(ctx);
    const missing = (field: string) =>
      expect.objectContaining({ code: 'invalid_request', fields: expect.objectContaining({ field }) });
    await expect(save(ctx, workspaceId, { secretAccessKey: '' })).rejects.toThrow(missing('secretAccessKey'));
    await expect(save(ctx, workspaceId, { accessKeyId: '' })).rejects.toThrow(missing('accessKeyId'));
    await save(ctx, workspaceId);
    const newId = save(ctx, workspaceId, { accessKeyId: 'AKIAOTHER', secretAccessKey: '' });
    await expect(newId).rejects.toThrow(missing('secretAccessKey'));
  });

  it('exist once for each workspace, even when two first saves run at the same time', async () => {
    const ctx = makeCtx();
    const [mine, other] = [await makeWorkspace(ctx), await makeWorkspace(ctx)];
    await Promise.all([save(ctx, mine), save(ctx, mine)]);
    const rows = await ctx.db.query.destinations.findMany({ where: (row) => eq(row.workspaceId, mine) });
    expect(rows).toHaveLength(1);
    await expect(getDestination(ctx, { workspaceId: other })).rejects.toThrow(code('storage_not_configured'));
  });

  it('can be deleted, with their credentials', async () => {
    const ctx = makeCtx();
    const workspaceId = await makeWorkspace(ctx);
    await save(ctx, workspaceId);
    await deleteDestination(ctx, { workspaceId });
    await expect(getDestination(ctx, { workspaceId })).rejects.toThrow(code('storage_not_configured'));
    await expect(deleteDestination(ctx, { workspaceId })).rejects.toThrow(code('storage_not_configured'));
  });

  it('cannot be decrypted after they are copied to another row', async () => {
    const ctx = makeCtx();
    const [mine, other] = [await makeWorkspace(ctx), await makeWorkspace(ctx)];
    await save(ctx, mine);
    await save(ctx, other);
    const [stolen, own] = [
      await findReferred(ctx, { workspaceId: mine }),
      await findReferred(ctx, { workspaceId: other }),
    ];
    const forged = { ...own!, accessKeyId: stolen!.accessKeyId, secretAccessKey: stolen!.secretAccessKey };
    await expect(openDestination(ctx, forged)).rejects.toThrow(code('storage_credentials_unreadable'));
  });
});

describe('endpoints', () => {
  const saveTo = async (endpoint: string, EGRESS_ALLOW = '') => {
    const ctx = makeCtx({ config: { ...parseConfig(env), EGRESS_ALLOW } });
    return save(ctx, await makeWorkspace(ctx), { endpoint });
  };

  it('are saved without a trailing slash', async () => {
    const { endpoint } = await saveTo('https://s3.eu-central-003.backblazeb2.com/');
    expect(endpoint).toBe('https://s3.eu-central-003.backblazeb2.com');
  });

  it.each([
    'https://127.0.0.1',
    'https://localhost',
    'https://localhost.',
    'https://2130706433',
    'https://0x7f.1',
    'https://[::1]',
    'https://[::ffff:169.254.169.254]',
    'https://169.254.169.254',
    'https://10.0.0.5:9000',
    'https://minio.internal',
    'https://nas.local',
    'https://minio',
    'http://10.0.0.5:9000',
  ])('%s is refused as a private address', async (endpoint) => {
    await expect(saveTo(endpoint)).rejects.toThrow(code('storage_address_forbidden'));
  });

  it.each(['https://8.8.8.8', 'https://8.8.8.8:9000', 'https://[2606:4700::1111]'])(
    '%s is refused, with the reason, because a Worker cannot connect to an IP address',
    async (endpoint) => {
      await expect(saveTo(endpoint)).rejects.toThrow(
        expect.objectContaining({
          code: 'storage_address_forbidden',
          message: expect.stringMatching(/cannot connect to IP addresses.*host name.*EGRESS_ALLOW/),
          fields: { field: 'endpoint' },
        }),
      );
    },
  );

  it.each([
    'http://s3.example.com',
    'ftp://s3.example.com',
    's3.example.com',
    'javascript:alert(1)',
    'https://user:password@s3.example.com',
    'https://s3.example.com/bucket',
    'https://s3.example.com/?x=1',
    'https://s3.example.com/#x',
  ])('%s is refused as an invalid endpoint', async (endpoint) => {
    await expect(saveTo(endpoint)).rejects.toThrow(code('invalid_request'));
  });

  it.each([
    ['http://10.0.0.5:9000', 'storage:10.0.0.5:9000'],
    ['http://10.0.0.5:9000', '10.0.0.0/8'],
    ['https://minio.internal', 'storage:minio.internal'],
    ['https://8.8.8.8', 'storage:8.8.8.8'],
    ['http://8.8.8.8:9000', '8.8.8.0/24'],
    ['https://[2606:4700::1111]', '[2606:4700::1111]:443'],
    ['http://s3.example.com', 'storage:s3.example.com'],
  ])('%s is allowed by EGRESS_ALLOW=%s', async (endpoint, allow) => {
    expect(await saveTo(endpoint, allow)).toMatchObject({ endpoint });
  });

  it('are not allowed by an entry for sources', async () => {
    await expect(saveTo('http://10.0.0.5:9000', 'source:10.0.0.5:9000')).rejects.toThrow(
      code('storage_address_forbidden'),
    );
  });

  it('are refused at use when the operator no longer allows them', async () => {
    const ctx = makeCtx({ config: { ...parseConfig(env), EGRESS_ALLOW: 'storage:10.0.0.5:9000' } });
    const workspaceId = await makeWorkspace(ctx);
    await save(ctx, workspaceId, { endpoint: 'http://10.0.0.5:9000' });
    await expect(open(makeCtx(), workspaceId)).rejects.toThrow(code('storage_address_forbidden'));
  });
});

describe('input that could change the URL or a header', () => {
  it.each([
    ['bucket', 'a/b'],
    ['bucket', '../other'],
    ['bucket', 'a..b'],
    ['bucket', 'evil.example#'],
    ['bucket', 'a?x'],
    ['bucket', 'a@b'],
    ['bucket', 'a b'],
    ['bucket', ''],
    ['bucket', '-a-'],
    ['region', 'us-east-1/x'],
    ['region', 'x.attacker.example'],
    ['region', 'us east'],
    ['region', ''],
    ['accessKeyId', 'AKIA\r\nx: y'],
    ['secretAccessKey', 'a\u0000b'],
    ['unknown', 'x'],
  ])('%s %j is refused', (name, value) => {
    expect(DestinationInput.safeParse({ ...INPUT, [name]: value }).success).toBe(false);
  });

  it.each(['../up', 'a/%2e%2e/b'])('the prefix %s is refused', async (defaultPathPrefix) => {
    const ctx = makeCtx();
    await expect(save(ctx, await makeWorkspace(ctx), { defaultPathPrefix })).rejects.toThrow(
      code('invalid_request'),
    );
  });
});
