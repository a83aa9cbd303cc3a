/** Where the project's events are. */
export type StoreConfig =
  /** A server of the project's own, which starts and stops with the commands that use it. */
  | { kind: 'embedded'; folder: string }
  /** A server in a container, for as long as the command runs. */
  | { kind: 'container'; image: string }
  /** A server or a cluster that somebody else runs, by a connection string (`esdb://…`). */
  | { kind: 'url'; url: string };

export const CONTAINER_IMAGE = 'eventstore/eventstore:24.10';

export interface StoreSettings {
  /** The workbook's ignored folder for the store. */
  folder: string;
  /** What `--store` says: `embedded`, `container` or a connection string. */
  option?: string;
  /** ESDB_URL, KATA_STORE and KATA_STORE_IMAGE are looked at. */
  env: Readonly<Record<string, string | undefined>>;
}

/** The option goes before KATA_STORE, and that before ESDB_URL. Throws a RangeError that says what is allowed. */
export function storeConfig({ folder, option, env }: StoreSettings): StoreConfig {
  const choice = option ?? (env['KATA_STORE'] || undefined) ?? (env['ESDB_URL'] || 'embedded');
  if (choice === 'embedded') return { kind: 'embedded', folder };
  if (choice === 'container') return { kind: 'container', image: env['KATA_STORE_IMAGE'] || CONTAINER_IMAGE };
  if (/^(esdb|kurrentdb|kdb)(\+discover)?:\/\/\S+$/.test(choice)) return { kind: 'url', url: choice };
  throw new RangeError(
    `"${withoutPassword(choice)}" is no store. Use embedded, container, or a connection string such as esdb://host:2113?tls=false.`,
  );
}

/** The connection string, fit for a screen. */
export function withoutPassword(url: string): string {
  return url.replace(/\/\/([^/@]*)@/, (_, user: string) => `//${user.split(':')[0]}:…@`);
}
