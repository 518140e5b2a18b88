import { describe, expect, test } from 'vitest';
import type { JobStage } from '../../../../worker/contract/job.ts';
import { judgeFolder, MAX_FILES } from '../../../../downloader/jobs/folder-quota.ts';

const MIB = 1024 ** 2;
const EXTRA = 64 * MIB;

/** The detail of `source_too_large`; null while the folder may go on. */
function judge(use: { bytes?: number; files?: number }, owner: { stage?: JobStage; bytesIn?: number } = {}) {
  const failure = judgeFolder(
    { bytes: 0, files: 1, ...use },
    {
      limits: { maxBytes: 1000 * MIB },
      maxPageBytes: 800 * MIB,
      stage: 'downloading',
      bytesIn: 2000 * MIB,
      ...owner,
    },
  );
  return failure?.failure.code === 'source_too_large' ? failure.failure.detail : failure;
}

describe('the folder of an attempt may take', () => {
  test('the largest media twice, by the limit or by the disk', () => {
    expect(judge({ bytes: 1600 * MIB + EXTRA })).toBeNull();
    expect(judge({ bytes: 1600 * MIB + EXTRA + 1 })).toContain('on the disk');
    expect(judge({ bytes: 1600 * MIB + EXTRA + 1 }, { stage: 'merging' })).toContain('on the disk');
  });

  test('twice what the source has sent, until it is merged', () => {
    expect(judge({ bytes: 200 * MIB + EXTRA }, { bytesIn: 100 * MIB })).toBeNull();
    expect(judge({ bytes: 200 * MIB + EXTRA + 1 }, { bytesIn: 100 * MIB })).toContain('unpack');
    expect(judge({ bytes: 300 * MIB + EXTRA }, { bytesIn: 100 * MIB, stage: 'merging' })).toBeNull();
  });

  test('a bounded number of files', () => {
    expect(judge({ files: MAX_FILES })).toBeNull();
    expect(judge({ files: MAX_FILES + 1 })).toContain('files');
  });
});
