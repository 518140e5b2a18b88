/** Loaded into the downloader: tells its parent process how long its event loop was blocked. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  process.on('message', (message) => {
    if (message !== 'loop delay') return;
    process.send({ loopDelayMs: delay.max / 1e6 });
    delay.reset();
  });
}
