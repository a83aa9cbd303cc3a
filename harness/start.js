import { existsSync } from 'node:fs';
import { register } from 'node:module';

if (!existsSync(new URL('../node_modules/commander', import.meta.url))) {
  console.error(
    "NOT_INSTALLED: the packages are not there. Run 'npx -y pnpm install --reporter=append-only' in the repository.",
  );
  process.exitCode = 2;
} else {
  register('./strip-types.js', import.meta.url);
  await import('./main.ts');
}
