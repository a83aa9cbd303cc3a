/** The folder of a copy of the server in plain JavaScript. Throws where it can't be written. */
export function strippedCopy(): Promise<string>;
