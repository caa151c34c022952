import type { Knex } from 'knex';
import type { Client } from 'pg';

/** A trigger of `013-told-ends` names the run. */
export const RUN_ENDED = 'millrace_run_ended';

const LISTEN_AGAIN_MS = 1_000;

/**
 * What triggers of the metadata database tell, on a session beside the pool. It only hastens: nothing comes while the session is
 * lost, nor through a proxy that gives a session to somebody else after each transaction.
 */
export class Notices implements AsyncDisposable {
  #session: Promise<Client | undefined> | undefined;
  #askedAt = -Infinity;

  constructor(
    private readonly db: Knex,
    private readonly channel: string,
    private readonly onNotice: (payload: string) => void,
  ) {}

  /** Begins to listen where it does not yet; resolves, and never fails, when that was tried. */
  async listen(): Promise<void> {
    const now = performance.now();
    if (!this.#session && now - this.#askedAt >= LISTEN_AGAIN_MS) {
      this.#askedAt = now;
      this.#session = this.#open().catch(() => (this.#session = undefined));
    }
    await this.#session;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#askedAt = Infinity; // it listens no more
    const session = await this.#session;
    await session?.end().catch(() => undefined);
  }

  async #open(): Promise<Client> {
    const session = (await (this.db.client as Knex.Client).acquireRawConnection()) as Client;
    session.on('error', () => undefined); // its end is told, too
    session.once('end', () => (this.#session = undefined));
    session.on('notification', ({ payload }) => this.onNotice(payload ?? ''));
    try {
      await session.query(`listen ${this.channel}`);
      return session;
    } catch (error) {
      await session.end().catch(() => undefined);
      throw error;
    }
  }
}
