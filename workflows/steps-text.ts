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

/** Temporal keeps 200 bytes of a summary. */
export function summary(text: string): string {
  return text.length <= 190 ? text : `${text.slice(0, 189)}…`;
}
