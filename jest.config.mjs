/** Compiles with swc, which does not check types (`npm run check` does). Imports of `@hooklane/…` lead to the sources of the libraries. */
const base = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
          target: 'es2022',
        },
        module: { type: 'es6' },
      },
    ],
  },
  moduleNameMapper: {
    '^@hooklane/([^/]+)$': '<rootDir>/libs/$1/src/index.ts',
    '^@hooklane/([^/]+)/([^/]+)$': '<rootDir>/libs/$1/src/$2/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['/dist/', '<rootDir>/.hooklane'],
}

export default {
  rootDir: import.meta.dirname,
  // Ends a test that hangs. Each wait in a test has its own limit, so this one only has to be longer than those limits, on any machine.
  testTimeout: 3_600_000,
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: [
        '<rootDir>/libs/**/*.spec.ts',
        '<rootDir>/apps/**/*.spec.ts',
        '<rootDir>/test/checker/**/*.spec.ts',
        '<rootDir>/test/stack/**/*.spec.ts',
        '<rootDir>/test/catalogues/**/*.spec.ts',
        '<rootDir>/test/simulation/*.spec.ts',
      ],
    },
    { ...base, displayName: 'integration', testMatch: ['<rootDir>/test/integration/**/*.spec.ts'] },
    { ...base, displayName: 'e2e', testMatch: ['<rootDir>/test/e2e/**/*.spec.ts'] },
    { ...base, displayName: 'faults', testMatch: ['<rootDir>/test/faults/**/*.spec.ts'] },
  ],
}
