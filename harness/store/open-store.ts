import { ClientStore } from './client-store.ts';
import type { Place } from './place.ts';
import { type StoreConfig, withoutPassword } from './store-config.ts';
import type { EventStore } from './store-port.ts';

/**
 * Opens the store and makes sure that it answers. The client is loaded here and nowhere else, for it takes its time.
 * Throws StoreUnavailable.
 */
export async function openStore(config: StoreConfig): Promise<EventStore> {
  return ClientStore.open(import('@eventstore/db-client'), () => findPlace(config));
}

async function findPlace(config: StoreConfig): Promise<Place> {
  switch (config.kind) {
    case 'embedded':
      return (await import('./embedded-place.ts')).embeddedPlace(config.folder);
    case 'container':
      return (await import('./container-place.ts')).containerPlace(config.image);
    case 'url': {
      const { url } = config;
      const name = `The event store at ${withoutPassword(url)}`;
      return { url, name, where: withoutPassword(url), notices: [], release: async () => {} };
    }
  }
}
