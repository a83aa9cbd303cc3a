/** A server that the client can connect to. */
export interface Place {
  /** A connection string. */
  url: string;
  /** How a person would call it. */
  name: string;
  /** Where it is, and who can reach it. */
  where: string;
  notices: readonly string[];
  release: () => Promise<void>;
}
