// Who may import whom (docs/architecture.md). `import type` counts as an import.
const rule = (name, from, to, comment) => ({ name, severity: 'error', comment, from, to });

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    rule('no-cycles', {}, { circular: true }, 'A cycle has no reading order.'),
    rule(
      'core-is-pure',
      { path: '^src/core/' },
      { pathNot: '^src/core/' },
      'core imports core alone: no package, no node:.',
    ),
    rule(
      'probe-imports-core',
      { path: '^src/probe/' },
      { path: '^src/', pathNot: '^src/(core|probe)/|^src/thread\\.ts$' },
    ),
    rule(
      'store-imports-core',
      { path: '^src/store/' },
      { path: '^src/', pathNot: '^src/(core|store)/|^src/thread\\.ts$' },
    ),
    rule(
      'monitoring-imports-core',
      { path: '^src/monitoring/' },
      { path: '^src/', pathNot: '^src/(core|monitoring)/' },
      'monitoring reaches probe, store and chat through core/ports.ts.',
    ),
    rule(
      'chat-imports-core-and-monitoring',
      { path: '^src/chat/' },
      { path: '^src/', pathNot: '^src/(core|monitoring|chat)/' },
    ),
    rule(
      'platforms-are-strangers',
      { path: '^src/chat/(slack|teams|console)/' },
      { path: '^src/chat/(slack|teams|console)/', pathNot: '^src/chat/$1/' },
    ),
    rule(
      'chat-knows-no-platform',
      { path: '^src/chat/[^/]+\\.ts$|^src/chat/commands/' },
      { path: '^src/chat/(slack|teams|console)/' },
    ),
    rule(
      'slack-sdk-stays-in-slack',
      { path: '^src/', pathNot: '^src/chat/slack/' },
      { path: '^(@slack/|node_modules/@slack/)' },
    ),
    rule(
      'drizzle-stays-in-store',
      { path: '^src/', pathNot: '^src/store/' },
      { path: 'node_modules/(drizzle-orm|postgres|@electric-sql)/' },
    ),
    rule(
      'one-importer-of-node-schedule',
      { path: '^src/', pathNot: '^src/monitoring/schedule\\.ts$' },
      { path: 'node_modules/node-schedule/' },
    ),
    rule('tests-are-not-imported', { path: '^src/' }, { path: '^(test|bench)/' }),
    rule('nothing-unresolved', {}, { couldNotResolve: true }),
    rule(
      'no-dev-dependency-in-src',
      { path: '^src/' },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
