import { SetMetadata, applyDecorators, type CustomDecorator } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { KeyScope } from '../../platform/db/rows.js';

/** `read` sees everything but secrets; `operate` also runs, pauses and cancels; `admin` also changes configuration and keys. */
export const KEY_SCOPES = ['read', 'operate', 'admin'] as const satisfies readonly KeyScope[];

export const SCOPE_METADATA = 'millrace:scope';
/** Where the OpenAPI document says which scope an operation needs. */
export const SCOPE_EXTENSION = 'x-scope';
export const OPEN_METADATA = 'millrace:open';

/** The least scope a key needs for a route. Routes without it need `admin`, so that forgetting it opens nothing. */
export const RequireScope = (scope: KeyScope): ClassDecorator & MethodDecorator =>
  applyDecorators(SetMetadata(SCOPE_METADATA, scope), ApiExtension(SCOPE_EXTENSION, scope));

/** No key needed. Only for health and documentation. */
export const Open = (): CustomDecorator => SetMetadata(OPEN_METADATA, true);

export function scopeAllows(has: KeyScope, needed: KeyScope): boolean {
  return KEY_SCOPES.indexOf(has) >= KEY_SCOPES.indexOf(needed);
}
