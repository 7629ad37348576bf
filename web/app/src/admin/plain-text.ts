// The attributes of fields for addresses, names and URLs, which browsers must not change or complete.

export const PLAIN_TEXT = {
  autoComplete: 'off',
  autoCapitalize: 'none',
  autoCorrect: 'off',
  spellCheck: false,
} as const
