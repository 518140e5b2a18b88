/** A downloader that only writes down what it was asked. The real one is tested end to end. */
import type { Command, ProbeAnswer } from '../../../worker/contract/downloader/command.ts';
import type { Downloader, DispatchOutcome } from '../../../worker/downloader.ts';

export interface FakeDownloader extends Downloader {
  commands: Command[];
  canceled: { slot: string; jobId: string }[];
  /** What the next dispatches answer. */
  outcome: DispatchOutcome;
  /** What probes answer. */
  probeAnswer: ProbeAnswer;
}

/** Accepts everything and probes a public address until told otherwise. */
export function fakeDownloader(): FakeDownloader {
  const fake: FakeDownloader = {
    commands: [],
    canceled: [],
    outcome: 'accepted',
    probeAnswer: { addresses: ['203.0.113.7'], allowed: true, reason: null, tls: null },
    dispatch: async (_slot, command) => {
      fake.commands.push(command);
      return fake.outcome;
    },
    cancel: async (slot, jobId) => void fake.canceled.push({ slot, jobId }),
    probe: async () => fake.probeAnswer,
    sign: async (command) => ({ body: JSON.stringify(command), timestamp: '0', signature: 'unsigned' }),
    health: async () => ({
      ok: true,
      draining: false,
      capacity: 4,
      jobs: [],
      versions: { downloader: '0', ytdlp: null, ffmpeg: null },
    }),
  };
  return fake;
}
