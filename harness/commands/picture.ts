// Makes the README's picture from a real run:
//   FORCE_COLOR=1 node harness/main.js group1 --once | node --import ts-blank-space/register harness/commands/picture.ts "pnpm kata group1" > docs/first-run.svg
import { text } from 'node:stream/consumers';
import { pictureOf } from '../report/picture.ts';

const command = process.argv[2] ?? '';
const output = await text(process.stdin);
process.stdout.write(pictureOf(`\u001b[2m$ ${command}\u001b[22m\n\n${output}`, { title: `The output of ${command}` }));
