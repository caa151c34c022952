export interface BenchClient {
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** @returns the id of what was made */
  made(path: string, body: unknown): Promise<string>;
}

export function openClient(apiUrl: string, key: string): BenchClient {
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${apiUrl}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  };
  return { call, made: async (path, body) => (await call<{ id: string }>('POST', path, body)).id };
}
