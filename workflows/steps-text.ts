import type { Place } from '../activities/contract.js';

/** A position in words. */
export function placeText({ position }: Pick<Place, 'position'>): string {
  switch (position.kind) {
    case 'start':
      return 'the start';
    case 'end':
      return 'the end';
    case 'scan':
      return `${position.scan.by.join(', ')} > ${position.scan.after.join(', ')}`;
    case 'cursor':
      return `${position.cursor.field} ${position.cursor.value ?? 'NULL'}`;
  }
}

/** 1234567 → 1,234,567; workflow code has no locale of its own to rely on. */
export function count(rows: number): string {
  return String(rows).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** Temporal refuses a summary that is longer, in bytes of UTF-8. */
const SUMMARY_BYTES = 200;

/** As much of a text as a summary may hold. */
export function summary(text: string): string {
  if (bytesOf(text) <= SUMMARY_BYTES) return text;
  const characters = [...text];
  let end = 0;
  for (let bytes = bytesOf('…'); ; end++) {
    bytes += bytesOf(characters[end] ?? '');
    if (bytes > SUMMARY_BYTES) return `${characters.slice(0, end).join('')}…`;
  }
}

function bytesOf(text: string): number {
  return [...text].reduce((sum, character) => sum + utf8Length(character.codePointAt(0) ?? 0), 0);
}

function utf8Length(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}
