/** Stands between a client and a real object store, and lets some requests go wrong. */
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What becomes of a request: `lose answer` carries it out and closes the connection; `reset` closes it in the middle of what is sent, so
 * that the store never has the whole; `slow` waits a second and a half.
 */
export type Fate = 'pass' | 'lose answer' | 'reset' | 'slow' | 403 | 500 | 503;

export interface Asked {
  method: string;
  /** Path and query. */
  url: string;
  /** Bytes of the body. */
  bytes: number;
}

export interface FaultyProxy {
  endpoint: string;
  /** Requests of every fate so far. */
  counts: Partial<Record<Fate, number>>;
  faults(): number;
  close(): Promise<void>;
}

const SLOW_MS = 1_500;

export async function faultyProxy(endpoint: string, decide: (asked: Asked) => Fate): Promise<FaultyProxy> {
  const { hostname, port } = new URL(endpoint);
  const counts: FaultyProxy['counts'] = {};
  const server = createServer((from, to) => {
    const { method = '', url = '', headers } = from;
    const bytes = Number(headers['content-length'] ?? 0);
    const fate = decide({ method, url, bytes });
    counts[fate] = (counts[fate] ?? 0) + 1;
    from.on('error', () => undefined);
    if (typeof fate === 'number') {
      from.resume();
      from.on('end', () => to.writeHead(fate).end());
      return;
    }
    const forward = () => {
      const far = request({ hostname, port, method, path: url, headers }, (answer) => {
        if (fate === 'lose answer') return to.destroy();
        to.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(to);
      });
      far.on('error', () => to.destroy());
      if (fate !== 'reset') return from.pipe(far);
      let left = Math.floor(bytes / 2);
      from.on('data', (data: Buffer) => {
        far.write(data.subarray(0, left));
        left -= data.length;
        if (left > 0) return;
        from.pause();
        far.destroy();
        from.socket.resetAndDestroy();
      });
    };
    if (fate === 'slow') setTimeout(forward, SLOW_MS);
    else forward();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    faults: () => Object.entries(counts).reduce((sum, [fate, count]) => sum + (fate === 'pass' ? 0 : count), 0),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
