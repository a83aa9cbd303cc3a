/** What a provider said that a call used, in tokens. */
export interface Usage {
  promptTokens: number;
  completionTokens: number;
}

/** One tenant's calls to one model so far. */
export interface Metered extends Usage {
  model: string;
  /** Calls that were sent; those that failed or were cut are among them. */
  calls: number;
}

/** Who pays for an embedding isn't known where it is made, as yet (group 9). */
export const UNATTRIBUTED = 'unattributed';

/** Counts calls when they are sent and tokens when the provider says them, by tenant and model. */
export function createMeter() {
  const tenants = new Map<string, Map<string, Metered>>();

  function entry(tenant: string, model: string): Metered {
    const models = tenants.get(tenant) ?? new Map<string, Metered>();
    const metered = models.get(model) ?? { model, calls: 0, promptTokens: 0, completionTokens: 0 };
    tenants.set(tenant, models.set(model, metered));
    return metered;
  }

  return {
    sent: (tenant: string, model: string): void => {
      entry(tenant, model).calls++;
    },
    used: (tenant: string, model: string, { promptTokens, completionTokens }: Usage): void => {
      const metered = entry(tenant, model);
      metered.promptTokens += promptTokens;
      metered.completionTokens += completionTokens;
    },
    /** Copies, in the order of the models' first calls. */
    of: (tenant: string): Metered[] => [...(tenants.get(tenant)?.values() ?? [])].map((metered) => ({ ...metered })),
  };
}
export type Meter = ReturnType<typeof createMeter>;
