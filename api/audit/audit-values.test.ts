import { describe, expect, test } from 'vitest';
import { MAX_VALUE_BYTES, shown } from './audit-values.js';

describe('values in the audit log', () => {
  test('hold no secrets, whatever they are named or written in', () => {
    const text = shown({ config: { password: 'planted-1', url: 'postgresql://u:planted-2@h/d', host: 'h' }, name: 'crm' });
    expect(text).not.toContain('planted');
    expect(JSON.parse(text ?? '')).toMatchObject({ name: 'crm', config: { host: 'h' } });
  });

  test.each(['x', '"', '\u0001', 'ä', '😀'])('of %j are cut at 16 KB', (char) => {
    const text = shown({ sql: char.repeat(20_000) }) ?? '';
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_VALUE_BYTES);
    expect(JSON.parse(text)).toMatchObject({ cut: true, bytes: expect.any(Number), start: expect.stringContaining('{"sql":') });
  });

  test('nothing is nothing', () => {
    expect([shown(undefined), shown(null)]).toEqual([null, null]);
  });
});
