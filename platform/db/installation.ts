import type { Knex } from 'knex';

/** Several installations may share a Temporal namespace; by its id each knows its own things there. Asked for once. */
export class Installation {
  private known: Promise<string> | undefined;

  constructor(private readonly db: Knex) {}

  async id(): Promise<string> {
    this.known ??= this.read();
    try {
      return await this.known;
    } catch (error) {
      this.known = undefined;
      throw error;
    }
  }

  private async read(): Promise<string> {
    const { id } = await this.db('installation').first<{ readonly id: string }>('id');
    return id;
  }
}
