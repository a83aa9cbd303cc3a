/** The DDL that answers bring along, each as its export `schema`; most have none. */
export function schemaOf(...answers: readonly object[]): string {
  return answers
    .map((answer) => (answer as { schema?: unknown }).schema)
    .filter((schema) => typeof schema === 'string')
    .join(';\n');
}
