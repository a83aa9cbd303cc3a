// Parses on every Node, so that an old one gets a sentence and not a syntax error.
var version = process.versions.node.split('.').map(Number);
if (version[0] < 20 || (version[0] === 20 && version[1] < 19)) {
  console.error(
    'NODE_TOO_OLD: Node ' +
      process.versions.node +
      ' runs this; the katas need 20.19 or later. Get it from nodejs.org.',
  );
  process.exitCode = 2;
} else {
  import('./start.js');
}
