import eslint from '@eslint/js'
import prettier from 'eslint-config-prettier'
import tseslint from 'typescript-eslint'

/**
 * Forbids `fetch`, so that services reach receivers only through the client with the address guard.
 *
 * @type {import('eslint').Linter.RulesRecord}
 */
const guardedNetwork = {
  'no-restricted-globals': [
    'error',
    { name: 'fetch', message: 'Receivers are reached through libs/webhook-http only.' },
  ],
}

const USE_KERNEL_WAITS =
  'Waits and time limits have one home: pause, InterruptiblePause and withTimeout of core/kernel.'

/**
 * Forbids hand-written waits and time limits: they often do not end at shutdown, or do not clear their timer.
 *
 * @type {import('eslint').Linter.RulesRecord}
 */
const waitsOfTheKernel = {
  'no-restricted-syntax': [
    'error',
    ...[
      ':matches(ImportDeclaration, ExportNamedDeclaration, ExportAllDeclaration, ImportExpression)[source.value=/^(node:)?timers(\\u002Fpromises)?$/]',
      'NewExpression[callee.name="Promise"] CallExpression[callee.name="setTimeout"]',
      'NewExpression[callee.name="Promise"] CallExpression[callee.property.name="after"]',
      'NewExpression[callee.name="Promise"] MemberExpression[object.name="globalThis"][property.name="setTimeout"]',
      'CallExpression[callee.name="promisify"] > Identifier[name="setTimeout"]',
      'MemberExpression[object.name="Promise"][property.name="race"]',
    ].map((selector) => ({ selector, message: USE_KERNEL_WAITS })),
  ],
}

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '.hooklane/**', 'coverage/**', 'examples/**'] },
  eslint.configs.recommended,
  {
    files: ['**/*.ts', '**/*.cts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.check.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      // A rule must not choose the import style: an injected class or a DTO that is imported with `import type` compiles, but breaks every
      // request.
      '@typescript-eslint/consistent-type-imports': 'off',
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/unified-signatures': 'off',
      // Nest accepts plain options objects where its types declare classes.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/consistent-type-definitions': 'off',
      'no-control-regex': 'off',
      eqeqeq: 'error',
      'no-restricted-properties': [
        'error',
        {
          object: 'URL',
          property: 'canParse',
          message: 'Wrong for Latin-1 text once compiled (Node 20, 22): parseUrl of core/kernel.',
        },
      ],
      'max-depth': ['error', 4],
    },
  },
  { files: ['apps/**/*.ts', 'libs/**/*.ts'], rules: guardedNetwork },
  {
    files: ['apps/**/*.ts', 'libs/**/*.ts'],
    // Nest itself passes the arguments: one per provider to the constructor of a controller and to `useFactory`, and one per decorated
    // part of the request to a handler.
    ignores: ['**/*.spec.ts', 'apps/*/src/**/*.controller.ts', 'apps/*/src/**/*.module.ts'],
    rules: { '@typescript-eslint/max-params': ['error', { max: 3 }] },
  },
  {
    files: ['apps/*/src/**/*.ts', 'libs/*/src/**/*.ts'],
    ignores: ['**/*.spec.ts', '**/*.fixture.ts', 'libs/testing/**'],
    rules: {
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      // A switch over the kinds of one union counts as one branch.
      complexity: ['error', { max: 12, variant: 'modified' }],
    },
  },
  {
    files: ['apps/*/src/**/*.ts', 'libs/*/src/**/*.ts'],
    ignores: [
      '**/*.spec.ts',
      '**/*.fixture.ts',
      'libs/testing/**',
      // Here the waits and time limits are implemented.
      'libs/core/src/kernel/clock/**',
      // Races the work against an abort signal alone; it has no time limit.
      'libs/replication/src/preparation/control-connection.ts',
    ],
    rules: waitsOfTheKernel,
  },
  {
    files: ['libs/core/src/**/*.ts', 'libs/dispatch/src/**/*.ts'],
    ignores: ['**/*.spec.ts', 'libs/core/src/kernel/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['@hooklane/core/kernel', '**/kernel/**'],
              importNames: ['processTimers', 'backgroundTimers'],
              message: 'This code also runs in simulated time: it is given a Clock.',
            },
          ],
        },
      ],
    },
  },
  {
    // Bodies and answers have classes only because Nest reads metadata from them. The values are plain objects of the same shape.
    files: ['apps/subscription-service/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
    },
  },
  {
    files: ['**/*.spec.ts', 'test/**/*.ts', 'libs/testing/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/require-await': 'off',
      'max-depth': 'off',
    },
  },
  {
    files: ['**/*.mjs', '**/*.cjs', '**/*.js'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'process',
          'console',
          'Buffer',
          'URL',
          'setTimeout',
          'clearTimeout',
          'setInterval',
          'clearInterval',
          'setImmediate',
          'fetch',
          'AbortSignal',
          'AbortController',
          'performance',
          'TextDecoder',
          'TextEncoder',
          'structuredClone',
          'require',
          'module',
          '__dirname',
          'queueMicrotask',
          'URLSearchParams',
        ].map((name) => [name, 'readonly']),
      ),
    },
    rules: { 'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }], eqeqeq: 'error' },
  },
  prettier,
)
