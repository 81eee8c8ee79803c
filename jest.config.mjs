/** Sources are compiled by swc without type checking (`npm run check` does that); libraries are read from their sources. */
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
    '^@hooklane/kafka/host$': '<rootDir>/libs/kafka/src/host/index.ts',
    '^@hooklane/(.*)$': '<rootDir>/libs/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['/dist/', '<rootDir>/.hooklane'],
}

export default {
  rootDir: import.meta.dirname,
  // Bounds a test that hangs, on a machine that does a lot besides; nothing is measured by it. Longer ones say so themselves.
  testTimeout: 240_000,
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: [
        '<rootDir>/libs/**/*.spec.ts',
        '<rootDir>/apps/**/*.spec.ts',
        '<rootDir>/test/checker/**/*.spec.ts',
        '<rootDir>/test/stack/**/*.spec.ts',
        '<rootDir>/test/catalogues/*.spec.ts',
        '<rootDir>/test/simulation/*.spec.ts',
      ],
    },
    { ...base, displayName: 'integration', testMatch: ['<rootDir>/test/integration/**/*.spec.ts'] },
    { ...base, displayName: 'e2e', testMatch: ['<rootDir>/test/e2e/**/*.spec.ts'] },
    { ...base, displayName: 'faults', testMatch: ['<rootDir>/test/faults/**/*.spec.ts'] },
  ],
}
