/** Code of the error that an act ends with; what it returns when it ends well. */
export function codeOf(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return (error as { code?: string }).code;
  }
}
