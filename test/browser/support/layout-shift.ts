/** Whether things move on a page while it loads. */
import type { Page } from 'playwright-core';

/** The sum of all shifts so far; 0 when nothing has moved. */
export function layoutShift(page: Page): Promise<number> {
  return page.evaluate<number>(`new Promise((resolve) => {
    new PerformanceObserver((list) => {
      resolve(list.getEntries().reduce((sum, { value }) => sum + value, 0));
    }).observe({ type: 'layout-shift', buffered: true });
    // The observer is not called when there was no shift.
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(0)));
  })`);
}
