/** Tells whoever keeps workers running whether this one lives and whether it takes work. */
import fastify, { type FastifyInstance } from 'fastify';

export interface Health {
  /** `host:port` it listens on. */
  address: string;
  close(): Promise<void>;
}

/**
 * `GET /health` is 200 while the process answers; `GET /ready` is 200 while the worker takes work and 503 before, while draining and after.
 * @param at host and port; port 0 takes a free one
 * @param state the worker's state, as the SDK names it
 */
export async function serveHealth(at: { host: string; port: number }, state: () => string): Promise<Health> {
  const server: FastifyInstance = fastify({ logger: false });
  server.get('/health', () => ({ status: 'alive' }));
  server.get('/ready', (_, reply) => {
    const status = state();
    return reply.code(status === 'RUNNING' ? 200 : 503).send({ status: status.toLowerCase() });
  });
  const url = new URL(await server.listen(at));
  return { address: url.host, close: () => server.close() };
}
