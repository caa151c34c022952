/** Five-field cron expressions, checked before Temporal sees them, so that a refusal can say what is wrong. */

interface CronField {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly words?: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const LONGEST_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const FIELDS = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of month', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, words: MONTHS },
  { name: 'day of week', min: 0, max: 7, words: WEEKDAYS },
] as const satisfies readonly CronField[];

/** What is wrong with the expression, or undefined. */
export function cronError(cron: string): string | undefined {
  const texts = cron.trim().split(/\s+/);
  if (texts.length !== FIELDS.length) return `needs five fields (minute hour day month weekday), has ${texts.length}`;
  const values = texts.map((text, index) => fieldValues(text, FIELDS[index] as CronField));
  const broken = values.findIndex((field) => field === undefined);
  if (broken >= 0) return `'${texts[broken]}' is not a ${FIELDS[broken]?.name}`;
  const [, , days = [], months = []] = values as number[][];
  return everFires(days, months) ? undefined : 'never fires: no such day in these months';
}

/** Every value a field stands for; undefined when it is malformed. */
function fieldValues(text: string, field: CronField): number[] | undefined {
  const parts = text.split(',').map((part) => rangeValues(part, field));
  return parts.includes(undefined) ? undefined : parts.flatMap((part) => part ?? []);
}

function rangeValues(text: string, field: CronField): number[] | undefined {
  const match = /^(?:(\*)|([\da-z]+)(?:-([\da-z]+))?)(?:\/(\d+))?$/i.exec(text);
  if (!match) return undefined;
  const [, star, first = '', last, stepText] = match;
  const step = stepText === undefined ? 1 : Number(stepText);
  const from = star ? field.min : valueOf(first, field);
  const open = star !== undefined || (last === undefined && stepText !== undefined);
  const to = open ? field.max : last === undefined ? from : valueOf(last, field);
  if (from === undefined || to === undefined || from > to || step < 1) return undefined;
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);
}

function valueOf(text: string, field: CronField): number | undefined {
  const word = field.words?.indexOf(text.toLowerCase()) ?? -1;
  const value = word >= 0 ? word + field.min : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= field.min && value <= field.max ? value : undefined;
}

function everFires(days: readonly number[], months: readonly number[]): boolean {
  return months.some((month) => days.some((day) => day <= (LONGEST_MONTHS[month - 1] ?? 0)));
}
