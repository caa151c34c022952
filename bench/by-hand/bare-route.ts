/**
 * The least that a server in Node can do: Fastify with one route, which answers the bytes that it was given.
 * @module
 */
import { fastify } from 'fastify';

process.once('message', (body) => void serve(String(body)));
process.once('disconnect', () => process.exit(0));

async function serve(body: string): Promise<void> {
  const server = fastify();
  server.get('/', (_request, reply) => reply.type('application/json').send(body));
  process.send?.(await server.listen({ port: 0, host: '127.0.0.1' }));
}
