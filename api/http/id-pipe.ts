import type { PipeTransform } from '@nestjs/common';
import { isId, type IdKind } from '../../platform/db/ids.js';
import { MillraceError } from '../../platform/errors/error.js';

/** What cannot be an id of the kind does not exist: no need to ask the database. */
export class IdPipe implements PipeTransform<string, string> {
  constructor(private readonly kind: IdKind) {}

  transform(id: string): string {
    if (isId(this.kind, id)) return id;
    throw new MillraceError('request.not_found', { detail: `There is no ${this.kind} ${JSON.stringify(id.slice(0, 100))}.` });
  }
}
