import graphql from '@graphql-eslint/eslint-plugin'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

const environment = 'Only src/config reads the environment: take what you need as an argument.'

/**
 * Refuses a value that is used above its declaration. Arrow functions may be below their callers, as functions may; if one
 * would be called too early, no-use-before-define says so. @type {import('eslint').Rule.RuleModule}
 */
const declareValuesFirst = {
  create: (context) => ({
    'Program:exit'() {
      for (const { name, defs, references } of context.sourceCode.scopeManager.scopes.flatMap(
        (scope) => scope.variables,
      )) {
        const [definition] = defs
        if (definition?.type !== 'Variable' || definition.node.init?.type === 'ArrowFunctionExpression') continue
        const early = references.filter(
          ({ identifier, isTypeReference }) => !isTypeReference && identifier.range[0] < definition.name.range[0],
        )
        for (const { identifier } of early)
          context.report({ node: identifier, message: `Declare ${name} before it is used.` })
      }
    },
  }),
}

export default defineConfig(
  globalIgnores([
    '**/dist/',
    '**/.next/',
    '**/next-env.d.ts',
    '**/src/generated/',
    'test/fixtures/',
    'coverage/',
    '.postern/',
  ]),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },

  {
    files: ['**/*.ts', '**/*.tsx', '**/*.mjs'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: ['tsconfig.test.json', 'bench/tsconfig.json'] } },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-use-before-define': ['error', { functions: false, variables: false }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      // Numbers, and unions that end in never, read well in a message.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowNever: true }],
      // `() => void work()` and `return reply.send()` are clear.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // Transactions, tests and implementations of asynchronous interfaces are async even if they do not await.
      '@typescript-eslint/require-await': 'off',
      // [...text] counts code points, as the limits do.
      '@typescript-eslint/no-misused-spread': 'off',
      // A row from the database driver does not always match its type.
      '@typescript-eslint/no-unnecessary-type-conversion': 'off',
    },
  },

  {
    files: ['src/**/*.ts', '{packages,services}/*/src/**/*.ts', 'web/**/*.{ts,tsx}'],
    plugins: { postern: { rules: { 'declare-values-first': declareValuesFirst } } },
    rules: { 'postern/declare-values-first': 'error' },
  },

  {
    files: ['src/**/*.ts', '{packages,services}/*/src/**/*.ts'],
    ignores: ['src/config/**', 'services/*/src/config/**'],
    rules: {
      'no-restricted-properties': ['error', { object: 'process', property: 'env', message: environment }],
      'no-restricted-imports': [
        'error',
        { paths: ['process', 'node:process'].map((name) => ({ name, importNames: ['env'], message: environment })) },
      ],
      'no-console': 'error',
    },
  },

  {
    // Tests read responses from HTTP. If something is missing there, the test fails.
    files: ['test/**/*.ts', '{packages,services}/*/test/**/*.ts', 'bench/**'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },

  {
    // Typed by JSDoc only: parsed JSON is `any`, and a variable that a callback changes looks constant.
    files: ['**/*.mjs'],
    rules: {
      '@typescript-eslint/await-thenable': 'off',
      '@typescript-eslint/no-dynamic-delete': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/restrict-plus-operands': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
    },
  },

  {
    // The schema follows the Relay specifications and describes all that it defines: docs/adr/0021.
    files: ['src/schema/*.graphql'],
    plugins: { '@graphql-eslint': graphql },
    languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema: 'src/schema/*.graphql' } } },
    rules: {
      '@graphql-eslint/relay-arguments': 'error',
      '@graphql-eslint/relay-connection-types': 'error',
      // Short lists, such as the sessions of a user, are lists.
      '@graphql-eslint/relay-edge-types': ['error', { listTypeCanWrapOnlyEdgeType: false }],
      '@graphql-eslint/relay-page-info': 'error',
      '@graphql-eslint/require-description': [
        'error',
        {
          types: true,
          DirectiveDefinition: true,
          FieldDefinition: true,
          InputValueDefinition: true,
          EnumValueDefinition: true,
        },
      ],
    },
  },

  {
    // What these list is in another service, where `node` does not look.
    files: ['src/schema/{consents,notifications}.graphql'],
    rules: {
      '@graphql-eslint/relay-edge-types': ['error', { listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: false }],
    },
  },

  {
    // Monaco's types would cost the lint as much time again as all of src. tsc checks the pages.
    // Next.js is not installed with the rest; its build checks the types of its example.
    files: ['web/**/*.{ts,tsx}', 'examples/nextjs/**/*.{ts,tsx}'],
    extends: [tseslint.configs.disableTypeChecked],
  },
)
