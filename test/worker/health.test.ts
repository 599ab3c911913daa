import { afterEach, describe, expect, it } from 'vitest';
import { serveHealth, type Health } from '../../worker/health.ts';

let health: Health | undefined;
afterEach(() => health?.close());

describe('the health of a worker', () => {
  it('is alive in every state, and ready only while it takes work', async () => {
    let state = 'STARTING';
    health = await serveHealth({ host: '127.0.0.1', port: 0 }, () => state);
    const ask = async (path: string) => (await fetch(`http://${health!.address}${path}`)).status;
    for (const [now, ready] of [
      ['STARTING', 503],
      ['RUNNING', 200],
      ['DRAINING', 503],
      ['STOPPED', 503],
    ] as const) {
      state = now;
      expect([await ask('/health'), await ask('/ready')], now).toEqual([200, ready]);
    }
    expect(await ask('/')).toBe(404);
  });
});
