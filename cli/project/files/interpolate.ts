/** `${NAME}`, `${NAME:-default}`, and `$${` for the text `${`. */
const TOKEN = /\$\$\{|\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}|\$\{/g;

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Interpolation {
  readonly text: string;
  /** Named without a default: their values stand nowhere in the file. */
  readonly variables: readonly string[];
  /** Nothing else stands in the text, not even a default. */
  readonly onlyVariables: boolean;
  /** It is one variable, with or without a default. */
  readonly single: boolean;
  readonly unset: readonly string[];
  /** A `${` that starts no variable. */
  readonly malformed: boolean;
}

/** Puts the values of variables into a text; undefined when it names none. A default also stands in for an empty value. */
export function interpolate(raw: string, environment: Environment): Interpolation | undefined {
  const found = [...raw.matchAll(TOKEN)];
  if (found.length === 0) return undefined;
  const named = found.filter(([, name]) => name !== undefined);
  const variables = named.flatMap(([, name = '', fallback]) => (fallback === undefined ? [name] : []));
  return {
    text: raw.replaceAll(TOKEN, (token, name: string | undefined, fallback: string | undefined) => {
      if (name === undefined) return token === '$${' ? '${' : token;
      return (fallback === undefined ? environment[name] : environment[name] || fallback) ?? '';
    }),
    variables,
    onlyVariables: variables.length === found.length && raw.replaceAll(TOKEN, '') === '',
    single: named.length === 1 && named[0]?.[0] === raw,
    unset: variables.filter((name) => environment[name] === undefined),
    malformed: found.some(([token]) => token === '${'),
  };
}

/** So that a text is read back as it is. */
export function escapeInterpolation(text: string): string {
  return text.replaceAll('${', () => '$${'); // in a text that replaces, $$ would be one $
}
