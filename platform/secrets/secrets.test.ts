import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { secret } from '../../connectors/sdk/define.js';
import { MillraceError } from '../errors/error.js';
import { decryptConfig, describeConfig, encryptConfig, keepSecrets } from './config.js';
import { isEnvelope, openSecret, sealSecret } from './envelope.js';
import { KeyRing } from './key-ring.js';
import { maskSecrets, secretTexts } from './mask.js';

const key = new KeyRing(randomBytes(32));

const schema = z
  .strictObject({
    host: z.string(),
    url: secret().optional().describe('a URL with a password inside'),
    auth: z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('basic'), user: z.string(), password: secret() }),
      z.strictObject({ type: z.literal('token'), token: secret() }),
      z.strictObject({ type: z.literal('none') }),
    ]),
    headers: z.record(z.string(), secret()).optional(),
    proxies: z.array(z.strictObject({ name: z.string(), password: secret().optional() })).optional(),
    account: z.strictObject({ id: z.string(), json: z.record(z.string(), z.string()).meta({ secret: true }) }).optional(),
    port: z.number().default(80),
  })
  .refine(() => true);

const config = {
  host: 'db',
  url: 'https://user:p%40ss-in-url@db/x',
  auth: { type: 'basic', user: 'me', password: 'hunter2' },
  headers: { 'x-key': 'header-secret' },
  proxies: [
    { name: 'a', password: 'proxy-a' },
    { name: 'b', password: 'proxy-b' },
  ],
  account: { id: 'acc', json: { privateKey: 'private-key' } },
};

describe('secrets in a configuration', () => {
  test('every marked field is sealed, everything else stays readable, and opening gives the original', () => {
    const sealed = encryptConfig(schema, config, key);
    const text = JSON.stringify(sealed);
    for (const clear of ['p%40ss-in-url', 'hunter2', 'header-secret', 'proxy-a', 'proxy-b', 'private-key']) {
      expect(text).not.toContain(clear);
    }
    expect(sealed).toMatchObject({ host: 'db', auth: { type: 'basic', user: 'me' }, account: { id: 'acc' } });
    expect(decryptConfig(sealed, key)).toEqual(config);
  });

  test('a secret is sealed differently each time', () => {
    expect(sealSecret('x', key)).not.toEqual(sealSecret('x', key));
  });

  test('clients see only that a secret is set', () => {
    const shown = describeConfig(schema, encryptConfig(schema, config, key));
    expect(shown).toMatchObject({
      url: { set: true },
      auth: { type: 'basic', user: 'me', password: { set: true } },
      headers: { 'x-key': { set: true } },
      account: { json: { set: true } },
    });
    expect(describeConfig(undefined, encryptConfig(schema, config, key))).toEqual(shown);
    expect(describeConfig(schema, config)).toEqual(shown);
  });

  test('another key, and a changed envelope, are a clear error of the setup', () => {
    const sealed = sealSecret('hunter2', key);
    const error = catchError(() => openSecret(sealed, new KeyRing(randomBytes(32))));
    expect(error).toMatchObject({ code: 'setup.invalid', path: 'MILLRACE_SECRET_KEY' });
    const changed = { $secret: { ...sealed.$secret, data: Buffer.from('other').toString('base64') } };
    expect(catchError(() => openSecret(changed, key))).toMatchObject({ code: 'setup.invalid' });
    expect(catchError(() => sealSecret('x', new KeyRing(randomBytes(16))))).toMatchObject({ code: 'setup.invalid' });
  });

  test('an envelope that comes from outside is refused', () => {
    const forged = { ...config, auth: sealSecret('x', key) };
    expect(isEnvelope(forged.auth)).toBe(true);
    expect(catchError(() => encryptConfig(schema, forged, key))).toMatchObject({ code: 'connector.invalid_config' });
  });
});

describe('changing a configuration', () => {
  test('secrets that are left out or sent back as set stay, at every depth', () => {
    const incoming = { ...config, host: 'other', url: undefined, auth: { type: 'basic', user: 'you', password: { set: true } } };
    expect(keepSecrets(schema, incoming, { stored: config, fillMissing: true })).toEqual({
      ...config,
      host: 'other',
      auth: { type: 'basic', user: 'you', password: 'hunter2' },
    });
  });

  test('without fillMissing only those sent back as set stay', () => {
    const incoming = { host: 'x', auth: { type: 'basic', user: 'me', password: { set: true } } };
    expect(keepSecrets(schema, incoming, { stored: config, fillMissing: false })).toEqual({ host: 'x', auth: config.auth });
  });

  test('a new value wins and null removes', () => {
    const incoming = { ...config, url: null, auth: { type: 'basic', user: 'me', password: 'new' } };
    const kept = keepSecrets(schema, incoming, { stored: config, fillMissing: true });
    expect(kept).toMatchObject({ auth: { password: 'new' } });
    expect(kept).not.toHaveProperty('url');
  });

  test('in a list, secrets follow the name and not the place', () => {
    const incoming = { ...config, proxies: [{ name: 'b', password: { set: true } }, { name: 'a' }, { name: 'c' }] };
    expect(keepSecrets(schema, incoming, { stored: config, fillMissing: true })).toMatchObject({
      proxies: [{ name: 'b', password: 'proxy-b' }, { name: 'a', password: 'proxy-a' }, { name: 'c' }],
    });
  });
});

describe('masking', () => {
  test('a password does not show in any form', () => {
    const secrets = secretTexts(schema, config);
    const message = `cannot connect to ${config.url} as me with p@ss-in-url, p%40ss-in-url, hunter2, {"k":"private-key"}`;
    expect(maskSecrets(message, secrets)).toBe('cannot connect to *** as me with ***, ***, ***, {"k":"***"}');
  });

  test('quotes and slashes do not hide a secret from the mask', () => {
    expect(maskSecrets('{"p":"a\\"b\\\\c d"} a%22b%5Cc%20d', ['a"b\\c d'])).toBe('{"p":"***"} ***');
  });
});

function catchError(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(MillraceError);
    return error;
  }
  throw new Error('did not throw');
}
