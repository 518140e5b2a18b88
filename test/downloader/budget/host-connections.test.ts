import { describe, expect, test } from 'vitest';
import { HostConnections } from '../../../downloader/budget/host-connections.ts';

/** Opens connections of this job while the host has room; at most `most`. */
function fill(hosts: HostConnections, host: string, job: object, most = 100): (() => void)[] {
  const opened: (() => void)[] = [];
  while (opened.length < most && hosts.hasRoom(host, job)) opened.push(hosts.add(host, job));
  return opened;
}

describe('connections to a host', () => {
  test('are at most eight for one job, whatever other hosts have', () => {
    const hosts = new HostConnections();
    expect(fill(hosts, 'a.example', {})).toHaveLength(8);
    expect(fill(hosts, 'b.example', {})).toHaveLength(8);
  });

  test('are shared fairly by jobs, each of which always has one', () => {
    const hosts = new HostConnections();
    const jobs = Array.from({ length: 10 }, () => ({}));
    const [first = {}, second = {}] = jobs;
    fill(hosts, 'a.example', first, 6);
    expect(fill(hosts, 'a.example', second)).toHaveLength(4);
    expect(hosts.hasRoom('a.example', first)).toBe(false);
    for (const job of jobs.slice(2)) expect(fill(hosts, 'a.example', job).length).toBeGreaterThan(0);
    expect(jobs.some((job) => hosts.hasRoom('a.example', job))).toBe(false);
  });

  test('that end make room', () => {
    const hosts = new HostConnections();
    const job = {};
    for (const leave of fill(hosts, 'a.example', job)) leave();
    expect(fill(hosts, 'a.example', {})).toHaveLength(8);
  });
});
