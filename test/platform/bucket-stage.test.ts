import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { openStage, type Stage } from '../../stage/store.js';
import { type StageBucket, awsEnvironment, stageBucket } from '../support/bucket.js';
import { httpProxy } from '../support/http-proxy.js';
import { SECRET_KEY, WITHOUT_S3, hasS3Server } from '../support/s3-server.js';
import { type TempHome, tempHome } from '../support/temp-home.js';

if (!hasS3Server) process.stderr.write(`Skipping what needs a bucket: ${WITHOUT_S3}.\n`);

interface Scene extends AsyncDisposable {
  readonly bucket: StageBucket;
  readonly home: TempHome;
  /** As one process of one machine has it. */
  readonly stage: Stage;
  /** As a process of another machine has it. */
  readonly elsewhere: Stage;
}

async function scene(): Promise<Scene> {
  const [bucket, home] = [await stageBucket(), await tempHome('bucket-stage')];
  const [stage, elsewhere] = ['here', 'there'].map((name) => openStage(bucket.url, join(home.path, name))) as [Stage, Stage];
  const dispose = async (): Promise<void> => {
    for (const part of [stage, elsewhere, home, bucket]) await part[Symbol.asyncDispose]();
  };
  return { bucket, home, stage, elsewhere, [Symbol.asyncDispose]: dispose };
}

async function put(
  stage: Stage,
  key: string,
  content: string | Buffer,
): Promise<{ readonly key: string; readonly sha256: string }> {
  await using temp = await stage.tempDir();
  const path = join(temp.path, 'file');
  await writeFile(path, content);
  const stored = await stage.put(key, path);
  await expect(stat(path), 'the local name is gone').rejects.toThrow('ENOENT');
  return stored;
}

async function read(stage: Stage, { key, sha256 }: { readonly key: string; readonly sha256: string }): Promise<string> {
  await using temp = await stage.tempDir();
  return await readFile(await stage.verified(key, sha256, temp.path), 'utf8');
}

describe.skipIf(!hasS3Server)('a stage in a bucket', () => {
  test('what one process puts, another one on another machine reads', async () => {
    await using s = await scene();
    const text = await s.stage.putText('con/1/plan.json', '{"ü": "✓"}');
    const file = await put(s.stage, 'con/1/feed%20x/1.extract-a/0.parquet', 'rows'.repeat(500_000));
    expect(await s.elsewhere.getText(text.key, text.sha256)).toBe('{"ü": "✓"}');
    expect(await read(s.elsewhere, file)).toBe('rows'.repeat(500_000));
    expect((await stat(join(s.bucket.folder, file.key))).size).toBe(2_000_000);
  });

  test('I8: a file is never overwritten; the same contents once more are no error', async () => {
    await using s = await scene();
    const text = await s.stage.putText('a/b.json', 'first');
    const file = await put(s.stage, 'a/c', 'first');
    await expect(s.elsewhere.putText('a/b.json', 'second')).rejects.toThrow('the name is taken');
    await expect(put(s.elsewhere, 'a/c', 'second')).rejects.toThrow('the name is taken');
    expect(await s.elsewhere.putText('a/b.json', 'first')).toEqual(text);
    expect(await put(s.elsewhere, 'a/c', 'first')).toEqual(file);
    expect(await s.stage.getText('a/b.json', text.sha256)).toBe('first');
    expect(await read(s.stage, file)).toBe('first');
  });

  test('I8: contents that are not what was recorded are refused, and so is what is not there', async () => {
    await using s = await scene();
    const text = await s.stage.putText('a/b.json', 'as recorded');
    const file = await put(s.stage, 'a/c', 'as recorded');
    for (const { key } of [text, file]) await writeFile(join(s.bucket.folder, key), 'as RECORDED');
    const corrupt = { code: 'stage.corrupt' };
    await expect(s.stage.getText(text.key, text.sha256)).rejects.toMatchObject(corrupt);
    await expect(read(s.elsewhere, file)).rejects.toMatchObject(corrupt);
    for (const { key } of [text, file]) await rm(join(s.bucket.folder, key));
    await expect(s.stage.getText(text.key, text.sha256)).rejects.toMatchObject(corrupt);
    await expect(read(s.elsewhere, file)).rejects.toMatchObject(corrupt);
  });

  test('what a process has put itself it need not fetch, until it is removed', async () => {
    await using s = await scene();
    const file = await put(s.stage, 'con/1/0', 'rows');
    await rm(join(s.bucket.folder, file.key)); // so that only the copy is left
    expect(await read(s.stage, file)).toBe('rows');
    expect(await read(s.stage, file)).toBe('rows');
    await s.stage.remove('con/1');
    await expect(read(s.stage, file)).rejects.toMatchObject({ code: 'stage.corrupt' });
  });

  test('folders are listed by the names in them, and removed with more files than a list tells at once', async () => {
    await using s = await scene();
    const names = Array.from({ length: 1_100 }, (_, index) => `con/1/many/${index}`);
    const folder = join(s.bucket.folder, 'con/1/many');
    await mkdir(folder, { recursive: true });
    for (const name of names) await writeFile(join(s.bucket.folder, name), 'x');
    for (const key of ['con/1/plan.json', 'con/12/plan.json', 'con/2/feed/0']) await s.stage.putText(key, key);
    expect((await s.stage.list('con')).toSorted()).toEqual(['1', '12', '2']);
    expect((await s.stage.list('con/1')).toSorted()).toEqual(['many', 'plan.json']);
    expect(await s.stage.list('con/1/many')).toHaveLength(1_100);
    expect(await s.stage.list('nowhere')).toEqual([]);
    await s.stage.remove('con/1');
    await s.stage.remove('nowhere');
    expect((await s.stage.list('con')).toSorted()).toEqual(['12', '2']);
  });

  test('an upload whose answer is lost is repeated, and finds its own file', async () => {
    await using s = await scene();
    await using proxy = await httpProxy(s.bucket.access.endpoint);
    vi.stubEnv('AWS_ENDPOINT_URL_S3', proxy.url);
    await using stage = openStage(s.bucket.url, s.home.path);
    for (const content of ['rows', 'rows once more']) {
      const lost = proxy.loseAnswer(/^PUT /);
      const file = await put(stage, `a/${content}`, content);
      await lost;
      expect(await read(s.elsewhere, file)).toBe(content);
    }
    const lost = proxy.loseAnswer(/^PUT /);
    const text = await stage.putText('a/text', 'text');
    await lost;
    expect(await s.elsewhere.getText('a/text', text.sha256)).toBe('text');
  });

  test('rows on their way are for nobody else to see, and what a dead process left is removed', async () => {
    await using s = await scene();
    await using temp = await s.stage.tempDir();
    expect((await stat(temp.path)).mode & 0o777).toBe(0o700);
    const left = join(dirname(temp.path), '999999999-abc');
    await mkdir(left);
    await s.stage.removeAbandoned();
    expect(await readdir(dirname(temp.path))).toEqual([temp.path.split('/').at(-1)]);
  });

  test('what is wrong with the bucket is told, without a secret', async () => {
    await using s = await scene();
    const { access, url } = s.bucket;
    const wrong = [
      [url, { ...access, secretAccessKey: 'canary-wrong' }, 'stage.refused'],
      [url, { ...access, accessKeyId: 'nobody' }, 'stage.refused'],
      ['s3://no-such-bucket/x', access, 'stage.refused'],
      [url, { ...access, endpoint: 'http://127.0.0.1:1' }, 'stage.unreachable'],
    ] as const;
    for (const [place, environment, code] of wrong) {
      for (const [name, value] of Object.entries(awsEnvironment(environment))) vi.stubEnv(name, value);
      await using stage = openStage(place, s.home.path);
      const attempts = [
        () => stage.putText('a/text', 'text'),
        () => put(stage, 'a/file', 'rows'),
        () => stage.list('a'),
        () => stage.remove('a'),
      ];
      for (const attempt of attempts) {
        const error = await attempt().catch((thrown: unknown) => thrown);
        expect(error, String(error)).toMatchObject({ code });
        expect(String(error)).not.toMatch(new RegExp(`${SECRET_KEY}|canary-wrong`));
      }
    }
  });

  test('no key leaves the stage', async () => {
    await using s = await scene();
    for (const key of ['../x', 'a/../../x', '/x', 'a//x', '.'])
      await expect(async () => s.stage.putText(key, 'x'), key).rejects.toThrow(/not a stage key/);
  });
});
