import type { Place } from './place.ts';
import { StoreUnavailable } from './store-errors.ts';

const PORT = 2113;
const START_MS = 120_000;

/** A server in a container, which ends with the command and keeps nothing. Throws StoreUnavailable. */
export async function containerPlace(image: string): Promise<Place> {
  const { GenericContainer, Wait } = await import('testcontainers');
  try {
    const container = await new GenericContainer(image)
      .withEnvironment({ EVENTSTORE_INSECURE: 'true', EVENTSTORE_CLUSTER_SIZE: '1', EVENTSTORE_MEM_DB: 'true' })
      .withExposedPorts(PORT)
      .withWaitStrategy(Wait.forHttp('/health/live', PORT).forStatusCode(204))
      .withStartupTimeout(START_MS)
      .start();
    return {
      url: `esdb://${container.getHost()}:${container.getMappedPort(PORT)}?tls=false`,
      name: `The event store in the container ${container.getName()}`,
      where: `a container of ${image}, which keeps nothing`,
      notices: [],
      release: async () => {
        await container.stop();
      },
    };
  } catch (error) {
    throw new StoreUnavailable(oneLine(image, error), { cause: error });
  }
}

function oneLine(image: string, error: unknown): string {
  const [message = ''] = (error as Error).message.split('\n');
  if (!/container runtime/i.test(message)) return `The container ${image} didn't start: ${message}`;
  return "There is no Docker here for --store=container. Start it, or leave the option away for the project's own store.";
}
