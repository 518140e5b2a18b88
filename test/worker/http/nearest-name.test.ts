import { expect, it } from 'vitest';
import { ImportRequest } from '../../../worker/contract/api/import-request.ts';
import { nearestName } from '../../../worker/http/nearest-name.ts';

const FIELDS = Object.keys(ImportRequest.shape);

it.each([
  ['storagepath', 'storagePath'],
  ['storage_path', 'storagePath'],
  ['storagePaht', 'storagePath'],
  ['stroe', 'store'],
  ['URL', 'url'],
  ['ulr', null],
  ['storageFileName', 'storageFilename'],
  ['completelyDifferent', null],
  ['', null],
])('suggests for %j the name %j', (typed, meant) => {
  expect(nearestName(typed, FIELDS)).toBe(meant);
});

it('does not compare very long names', () => {
  expect(nearestName('storagePath'.repeat(10_000), FIELDS)).toBeNull();
});
