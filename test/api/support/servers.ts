export interface TestServers {
  readonly databaseUrl: string;
  readonly temporalAddress: string;
}
export function servers(): TestServers {
  return { databaseUrl: 'postgresql://postgres@127.0.0.1:25432/postgres', temporalAddress: '127.0.0.1:27233' };
}
