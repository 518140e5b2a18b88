/** Stands in for a container instance, which the test runtime cannot run: it answers, hangs or dies as the test says. */
import type { Instance } from '../../../worker/container/instance.ts';

export const HEALTH = {
  ok: true,
  draining: false,
  capacity: 4,
  jobs: [] as { jobId: string; attempt: number }[],
  versions: { downloader: '1', ytdlp: null, ffmpeg: null },
};

type Answer = 'hangs' | (() => Response | Promise<Response>);

/** `answers` by path; any other path is refused as a closed port is. */
export function fakeInstance(answers: Record<string, Answer>) {
  const asked: string[] = [];
  let stopped = 0;
  let destroyed = 0;
  const instance: Instance = {
    isRunning: () => destroyed === 0,
    ask: async (path) => {
      asked.push(path);
      const answer = answers[path];
      if (answer === undefined) throw new Error('The container is not listening.');
      return answer === 'hangs' ? new Promise<Response>(() => undefined) : answer();
    },
    stop: async () => void stopped++,
    destroy: async () => void destroyed++,
  };
  return { instance, asked, stopped: () => stopped, destroyed: () => destroyed };
}
