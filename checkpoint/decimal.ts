/** Orders two decimal texts of any length exactly; NaN is the largest, as in Postgres. */
export function compareDecimals(a: string, b: string): number {
  const [left, right] = [special(a), special(b)];
  if (left !== 0 || right !== 0) return left - right;
  const scale = Math.max(fraction(a).length, fraction(b).length);
  const difference = scaled(a, scale) - scaled(b, scale);
  return difference === 0n ? 0 : difference > 0n ? 1 : -1;
}

function special(text: string): number {
  if (text === 'NaN') return 2;
  if (text === 'Infinity') return 1;
  return text === '-Infinity' ? -1 : 0;
}

const fraction = (text: string): string => text.split('.')[1] ?? '';

function scaled(text: string, scale: number): bigint {
  const [whole = '0', decimals = ''] = text.split('.');
  return BigInt(whole + decimals.padEnd(scale, '0'));
}
