import { createServer } from 'node:net';
import { MillraceError } from '../errors/error.js';

/** Where a server should listen: a port that was asked for is kept to, a default gives way to any free one. */
export interface PortChoice {
  /** 0 = any free port. */
  readonly port: number;
  readonly mustBe: boolean;
  /** Environment variable that sets it, for messages. */
  readonly variable: string;
}

const LOOPBACK = '127.0.0.1';

/** @throws MillraceError `setup.unavailable` when a port that must be taken is busy */
export async function choosePort(choice: PortChoice): Promise<number> {
  if (choice.port === 0) return freePort();
  if (await isFree(choice.port)) return choice.port;
  if (choice.mustBe) throw portBusy(choice);
  return freePort();
}

export function portBusy(choice: PortChoice): MillraceError {
  return new MillraceError('setup.unavailable', {
    detail: `Port ${choice.port} on ${LOOPBACK} is already in use.`,
    path: choice.variable,
    suggestion: `Stop what listens there, or set ${choice.variable} to another port (0 = any free one).`,
  });
}

/** A port of 127.0.0.1 that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  const port = await tryListen(0);
  if (port === undefined) throw new MillraceError('setup.unavailable', { detail: `No port of ${LOOPBACK} is free.` });
  return port;
}

export async function isFree(port: number): Promise<boolean> {
  return (await tryListen(port)) !== undefined;
}

function tryListen(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(undefined));
    probe.listen({ port, host: LOOPBACK, exclusive: true }, () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}
