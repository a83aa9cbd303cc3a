/** The day of the incident, 9 June 2026, 06:00 UTC. */
export const BEGINS = Date.UTC(2026, 5, 9, 6);
export const RECORDED_SEED = 609;
