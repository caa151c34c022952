import type { ConformanceCheck } from '../check.js';
import { leakedResources, openResources } from '../resources.js';
import { CheckFault } from '../report.js';
import { requestOf } from './read.js';
import { fullOf } from './read-checks.js';
import type { SourceSession } from './session.js';

export const behaviourChecks: readonly ConformanceCheck<SourceSession>[] = [
  { name: 'cancel', title: 'a read that is cancelled ends soon and brings nothing more', needs: ['full-read'], run: checkCancel },
  { name: 'handles', title: 'nothing that was opened stays open', needs: ['full-read'], run: checkHandles },
];

async function checkCancel(session: SourceSession): Promise<string> {
  for (const subject of await session.subjects()) {
    for (const before of [true, false]) {
      const events = await cancelled(session, subject, before);
      if (before && events > 0)
        throw new CheckFault(
          `read of ${subject.stream.name} yields although its signal had fired before.`,
          'Hand context.signal to every request, query and wait; see signal.throwIfAborted().',
        );
    }
  }
  return 'before the first event, and after it';
}

/** How much comes of a read that is cancelled at once, or after its first event. */
async function cancelled(session: SourceSession, subject: Parameters<typeof fullOf>[0], before: boolean): Promise<number> {
  const stop = new AbortController();
  const request = requestOf(session, fullOf(subject), {
    from: { position: { kind: 'start' } },
    tempDir: await session.bench.folder(),
  });
  const events = session.definition.read(session.context(undefined, stop.signal), request)[Symbol.asyncIterator]();
  if (!before) await events.next();
  stop.abort(new Error('cancelled by the conformance suite'));
  const rest = { count: 0 };
  const ended = drained(events, rest).catch((error: unknown) => session.heard(error));
  await inTime(ended, session, `read of ${subject.stream.name}`);
  return rest.count;
}

async function drained(events: AsyncIterator<unknown>, rest: { count: number }): Promise<void> {
  while (!(await events.next()).done) rest.count += 1;
}

async function inTime(work: Promise<unknown>, { limits }: SourceSession, what: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new CheckFault(
            `${what} goes on ${limits.cancelMs} ms after its signal fired.`,
            'Hand context.signal to every request, query and wait.',
          ),
        ),
      limits.cancelMs,
    );
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

async function checkHandles(session: SourceSession): Promise<string> {
  const before = await openResources();
  const [subject] = await session.subjects();
  if (!subject) return 'nothing to read';
  await session.definition.check(session.context());
  await session.definition.discover(session.context());
  for (const stopAt of ['data', 'end']) await readUntil(session, subject, stopAt);
  await cancelled(session, subject, false);
  const leaked = await leakedResources(before);
  if (leaked.length > 0)
    throw new CheckFault(
      `Still open after check, discover and reads: ${leaked.join(', ')}.`,
      'Close in finally what read opens: the engine may leave it after any event.',
    );
  return 'after check, discover, a whole read, one that was left, and one that was cancelled';
}

/** As the engine leaves a read: at a mark, or in the middle when its step fails. */
async function readUntil(session: SourceSession, subject: Parameters<typeof fullOf>[0], stopAt: string): Promise<void> {
  const request = requestOf(session, fullOf(subject), {
    from: { position: { kind: 'start' } },
    tempDir: await session.bench.folder(),
  });
  let events = 0;
  for await (const _ of session.definition.read(session.context(), request)) {
    events += 1;
    if (stopAt === 'data' || events > session.limits.maxSlices) break;
  }
}
