/** What an act that must fail says: the code of its error, and its message. */
export async function failureOf(act: Promise<unknown>): Promise<{ readonly code: string; readonly message: string }> {
  const outcome = await act.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if (!('error' in outcome)) throw new Error(`it did not fail: ${JSON.stringify(outcome.value)}`);
  const { type, code, message } = outcome.error as { type?: string; code?: string; message?: string };
  return { code: type ?? code ?? '', message: message ?? '' };
}
