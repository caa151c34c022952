import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { secret } from '../../connectors/sdk/define.js';
import { type TempHome, tempHome } from '../../test/support/temp-home.js';
import { decryptConfig, describeConfig, encryptConfig, resealConfig } from './config.js';
import { KeyRing } from './key-ring.js';
import { secretTexts } from './mask.js';
import { SecretProviders } from './providers.js';
import { randomBytes } from 'node:crypto';

const schema = z.strictObject({
  host: z.string(),
  note: z.record(z.string(), z.string()).optional(),
  auth: z.strictObject({ user: z.string(), password: secret() }).optional(),
  tokens: z.array(secret()).optional(),
});

let folder: TempHome;
let providers: SecretProviders;
const env = {
  SECRET_CRM: 'hunter2',
  SECRET_EMPTY: '',
  CRM_URL: 'crm-url',
  OTHER: 'other-value',
  MILLRACE_SECRET_KEY: 'the-key',
  DATABASE_URL: 'the-database',
};

beforeAll(async () => {
  folder = await tempHome('secret-files');
  await Promise.all(
    ['secrets/..2026_01_01', 'home', 'secrets-of-others'].map((name) => mkdir(join(folder.path, name), { recursive: true })),
  );
  await Promise.all([
    writeFile(join(folder.path, 'secrets/password'), 'from a file\n'),
    writeFile(join(folder.path, 'secrets/two-lines'), 'one\ntwo\r\n'),
    writeFile(join(folder.path, 'secrets/empty'), '\n'),
    writeFile(join(folder.path, 'secrets/..2026_01_01/mounted'), 'by Kubernetes'),
    writeFile(join(folder.path, 'secrets/large'), 'x'.repeat(70_000)),
    writeFile(join(folder.path, 'home/secret.key'), 'planted-outside'),
    writeFile(join(folder.path, 'secrets-of-others/password'), 'planted-outside'),
  ]);
  await symlink(join(folder.path, 'home/secret.key'), join(folder.path, 'secrets/link-out'));
  await symlink(join(folder.path, 'secrets/password'), join(folder.path, 'secrets/link-in'));
  await symlink('..2026_01_01', join(folder.path, 'secrets/..data'));
  await symlink('..data/mounted', join(folder.path, 'secrets/mounted'));
  providers = providersOf(['SECRET_*', 'CRM_URL'], [join(folder.path, 'secrets')]);
});
afterAll(() => folder[Symbol.asyncDispose]());

const providersOf = (secretEnv: readonly string[], secretFiles: readonly string[]): SecretProviders =>
  SecretProviders.of({ home: join(folder.path, 'home'), secretEnv, secretFiles }, env);

const resolve = (config: unknown, from = providers): Promise<unknown> =>
  from.resolveConfig(schema, config, { owner: 'crm', signal: new AbortController().signal });

const withPassword = (ref: string): object => ({ host: 'h', auth: { user: 'u', password: { ref } } });
const file = (name: string): string => `file:${join(folder.path, name)}`;

describe('references', () => {
  test('are stored and shown as they are, in place of secrets and nowhere else', () => {
    const ring = new KeyRing(randomBytes(32));
    const config = { ...withPassword('env:SECRET_CRM'), tokens: ['in clear', { ref: 'env:CRM_URL' }] };
    const sealed = encryptConfig(schema, config, ring);
    expect(sealed).toMatchObject({
      auth: { password: { ref: 'env:SECRET_CRM' } },
      tokens: [{ $secret: {} }, { ref: 'env:CRM_URL' }],
    });
    expect(decryptConfig(sealed, ring)).toEqual(config);
    expect(describeConfig(schema, sealed)).toEqual({ ...config, tokens: [{ set: true }, { ref: 'env:CRM_URL' }] });
    expect(secretTexts(schema, config)).toEqual(['in clear']);
  });

  test('give way to what they lead to', async () => {
    const config = {
      ...withPassword('env:SECRET_CRM'),
      tokens: [{ ref: 'env:CRM_URL' }, 'env:SECRET_CRM', { ref: file('secrets/password') }],
    };
    expect(await resolve(config)).toEqual({
      host: 'h',
      auth: { user: 'u', password: 'hunter2' },
      tokens: ['crm-url', 'env:SECRET_CRM', 'from a file'], // a text that looks like one is a password
    });
  });

  test('are followed only where the schema has a secret', async () => {
    const config = { host: { ref: 'env:SECRET_CRM' }, note: { ref: 'env:SECRET_CRM' } };
    expect(await resolve(config)).toEqual(config);
  });

  test.each([
    ['env:SECRET_NOT_THERE', 'is not set'],
    ['env:SECRET_EMPTY', 'is not set'],
    ['env:OTHER', 'MILLRACE_SECRET_ENV allows SECRET_*, CRM_URL'],
    ['env:MILLRACE_SECRET_KEY', 'a setting of Millrace itself'],
    ['env:database_url', 'a setting of Millrace itself'],
    ['env:a b', 'the name of a variable'],
    ['env:', 'the name of a variable'],
    ['vault:x', 'A reference is env:… or file:…'],
    ['SECRET_CRM', 'A reference is env:… or file:…'],
  ])('%s is refused: %s', async (ref, reason) => {
    await expect(resolve(withPassword(ref))).rejects.toMatchObject({
      code: 'secret.unresolved',
      recovery: 'fix_config',
      path: 'config.auth.password',
      message: expect.stringContaining(reason),
    });
  });

  test.each([
    ['secrets/not-there', 'does not exist'],
    ['secrets/empty', 'is empty'],
    ['secrets/large', 'is larger than'],
    ['secrets', 'allows files below'],
    ['secrets/link-out', 'allows files below'],
    ['secrets-of-others/password', 'allows files below'],
    ['secrets-of-others/not-there', 'allows files below'],
    ['secrets/../home/secret.key', 'allows files below'],
  ])('file:…/%s is refused: %s', async (name, reason) => {
    await expect(resolve(withPassword(file(name)))).rejects.toMatchObject({
      code: 'secret.unresolved',
      message: expect.stringContaining(reason),
    });
  });

  test.each(['file:relative', 'file:/a/../b', 'file:'])('%s is refused', async (ref) => {
    await expect(resolve(withPassword(ref))).rejects.toThrow('an absolute path');
  });

  test('a link within the folder is followed, and the last end of line is no part of a file', async () => {
    expect(await resolve(withPassword(file('secrets/link-in')))).toMatchObject({ auth: { password: 'from a file' } });
    expect(await resolve(withPassword(file('secrets/mounted')))).toMatchObject({ auth: { password: 'by Kubernetes' } });
    expect(await resolve(withPassword(file('secrets/two-lines')))).toMatchObject({ auth: { password: 'one\ntwo' } });
  });

  test('the home of Millrace is never read, whatever the folders say', async () => {
    const all = providersOf([], [folder.path]);
    await expect(resolve(withPassword(file('home/secret.key')), all)).rejects.toThrow('allows files below');
    expect(await resolve(withPassword(file('secrets-of-others/password')), all)).toMatchObject({
      auth: { password: 'planted-outside' },
    });
  });

  test('with * every variable but those of Millrace itself can be referred to', async () => {
    const all = providersOf(['*'], []);
    expect(await resolve(withPassword('env:OTHER'), all)).toMatchObject({ auth: { password: 'other-value' } });
    await expect(resolve(withPassword('env:DATABASE_URL'), all)).rejects.toThrow('a setting of Millrace itself');
  });
});

describe('a ring of keys', () => {
  const [old, current] = [randomBytes(32), randomBytes(32)];
  const config = { host: 'h', auth: { user: 'u', password: 'hunter2' }, tokens: ['t', { ref: 'env:SECRET_CRM' }] };

  test('opens what any of its keys sealed, and seals with the first', () => {
    const sealed = encryptConfig(schema, config, new KeyRing(old));
    const both = new KeyRing(current, [old]);
    expect(decryptConfig(sealed, both)).toEqual(config);
    expect(() => decryptConfig(encryptConfig(schema, config, both), new KeyRing(old))).toThrow('sealed with key');
  });

  test('seals anew only what another key had sealed', () => {
    const both = new KeyRing(current, [old]);
    const resealed = resealConfig(encryptConfig(schema, config, new KeyRing(old)), both);
    expect(resealed.values).toBe(2);
    expect(decryptConfig(resealed.config, new KeyRing(current))).toEqual(config);
    expect(resealConfig(resealed.config, both)).toEqual({ ...resealed, values: 0 });
  });
});
