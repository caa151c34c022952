import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LossyHttp extends AsyncDisposable {
  readonly url: string;
  /** How many answers were lost. */
  lost(): number;
}

/** Passes requests on to a server, and loses the answer to those that `loses` names: what they asked for was done. */
export async function lossyHttp(target: string, loses: (call: string) => boolean): Promise<LossyHttp> {
  let lost = 0;
  const pass = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const { method, url: path, headers } = incoming;
    const upstream = request(new URL(path ?? '/', target), { method: method ?? 'GET', headers }, (answer) => {
      if (loses(`${method} ${path}`)) {
        lost += 1;
        answer.resume().once('end', () => outgoing.destroy());
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    upstream.once('error', () => outgoing.destroy());
    incoming.pipe(upstream);
  };
  const server = createServer(pass).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lost: () => lost,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
