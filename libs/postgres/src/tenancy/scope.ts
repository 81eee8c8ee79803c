/** Whose rows a transaction sees. Row-level security enforces it. */
export type Scope =
  | { readonly kind: 'company'; readonly companyId: string }
  /** All companies. */
  | { readonly kind: 'operator' }
  /** One API key, before its company is known. */
  | { readonly kind: 'apiKey'; readonly id: string }

/** The settings that the policies read (migration 0005), to be set inside the transaction only. */
export function scopeSettings(scope: Scope): { readonly name: string; readonly value: string } {
  switch (scope.kind) {
    case 'company':
      // An empty company would count as none; the policies read it so as well.
      if (scope.companyId === '') throw new Error('a company scope needs a company')
      return { name: 'hooklane.company', value: scope.companyId }
    case 'operator':
      return { name: 'hooklane.scope', value: 'operator' }
    case 'apiKey':
      return { name: 'hooklane.api_key', value: scope.id }
  }
}
