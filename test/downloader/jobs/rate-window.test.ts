import { expect, it } from 'vitest';
import { createRateWindow } from '../../../downloader/jobs/rate-window.ts';

it('is null until the window is full, and then the mean of the last seconds', () => {
  const window = createRateWindow(3);
  window.add(100);
  window.add(200);
  expect(window.bytesPerSecond()).toBeNull();
  window.add(300);
  expect(window.bytesPerSecond()).toBe(100);
  window.add(900);
  expect(window.bytesPerSecond()).toBe(800 / 3);
});

it('counts neither the seconds nor the bytes that are skipped', () => {
  const window = createRateWindow(2);
  window.add(10);
  window.skipTo(10_000);
  expect(window.bytesPerSecond()).toBeNull();
  window.add(10_010);
  expect(window.bytesPerSecond()).toBe(10);
});

it('starts again when the counter goes back', () => {
  const window = createRateWindow(1);
  window.add(500);
  expect(window.bytesPerSecond()).toBe(500);
  window.add(20);
  expect(window.bytesPerSecond()).toBeNull();
  window.add(30);
  expect(window.bytesPerSecond()).toBe(10);
});
