/**
 * Sources that say something wrong of themselves, and are right in all else.
 * @module
 */
import { z } from 'zod';
import { MillraceError, secret } from '../../../connectors/sdk/index.js';
import type { SourceDefinition } from '../../../connectors/sdk/index.js';
import { type Parts, type Shop, type ShopConfig, TOKEN } from './shop.js';

export type Break = (parts: Parts, shop: Shop) => Partial<SourceDefinition<ShopConfig>>;
/** By the check that each must fail. */
export type Breaks = Readonly<Record<string, readonly (readonly [what: string, broken: Break])[]>>;

const config2 = <T extends z.ZodRawShape>(shape: T): SourceDefinition<ShopConfig>['config'] =>
  z.strictObject(shape) as unknown as SourceDefinition<ShopConfig>['config'];

export const BROKEN_FACTS: Breaks = {
  definition: [
    ['has an id that is no name', () => ({ id: 'My Shop' })],
    ['cannot read', () => ({ read: undefined as never })],
  ],
  documentation: [
    ['says nothing of a field', () => ({ config: config2({ token: secret() }) })],
    ['does not mark a token as secret', () => ({ config: config2({ token: z.string().describe('A token.') }) })],
  ],
  config: [['takes whatever it gets', () => ({ config: z.object({ token: secret().describe('A token.') }) })]],
  check: [['does not say that it is well', () => ({ check: async () => ({}) as never })]],
  'wrong-credentials': [
    ['never looks at the credentials', ({ check }) => ({ check: (context) => check({ ...context, config: { token: TOKEN } }) })],
    ['throws what it got', ({ check }) => ({ check: (context) => check(context).catch(() => Promise.reject(new Error('401'))) })],
    [
      'calls a wrong token a passing fault',
      ({ check }) => ({
        check: (context) =>
          check(context).catch(() => Promise.reject(new MillraceError('connector.transient', { detail: 'No.' }))),
      }),
    ],
    [
      'repeats the token',
      ({ check }) => ({
        check: (context) =>
          check(context).catch(() =>
            Promise.reject(new MillraceError('connector.auth_failed', { detail: `${context.config.token} is wrong.` })),
          ),
      }),
    ],
  ],
  discover: [
    ['lists nothing', () => ({ discover: async () => ({ streams: [] }) })],
    [
      'has a type that there is not',
      ({ discover }) => ({
        discover: async (...asked) => ({
          streams: (await discover(...asked)).streams.map((stream) => ({
            ...stream,
            fields: stream.fields.map((field) => ({ ...field, type: 'text' as never })),
          })),
        }),
      }),
    ],
    [
      'names a key that is no field',
      ({ discover }) => ({
        discover: async (...asked) => ({
          streams: (await discover(...asked)).streams.map((stream) => ({ ...stream, primaryKey: ['key'] })),
        }),
      }),
    ],
  ],
  'discover-named': [['lists all whatever is asked', ({ discover }) => ({ discover: (context) => discover(context) })]],
};
