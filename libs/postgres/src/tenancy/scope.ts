/** The rows that a transaction can see. Row-level security enforces it. */
export type Scope =
  | { readonly kind: 'company'; readonly companyId: string }
  /** All companies. */
  | { readonly kind: 'operator' }
  /** One app of a company, with its subscriptions, deliveries and attempts. For reading only. */
  | { readonly kind: 'app'; readonly companyId: string; readonly appId: string }
  /** One API key, before its company is known. */
  | { readonly kind: 'apiKey'; readonly id: string }

/** Rows of every company, and rows that belong to no company. */
export const OPERATOR_SCOPE: Scope = { kind: 'operator' }

/** The settings that the row-level security policies read (migrations 0005 and 0008). Set them inside the transaction only. */
export function scopeSettings(scope: Scope): readonly [name: string, value: string][] {
  switch (scope.kind) {
    case 'company':
      return [['hooklane.company', present(scope.companyId)]]
    case 'app':
      return [
        ['hooklane.app_company', present(scope.companyId)],
        ['hooklane.app', present(scope.appId)],
      ]
    case 'operator':
      return [['hooklane.scope', 'operator']]
    case 'apiKey':
      return [['hooklane.api_key', scope.id]]
  }
}

/** Throws if the id is empty, because the policies treat an empty id as a missing one. */
function present(id: string): string {
  if (id === '') throw new Error('the ids of a scope must not be empty')
  return id
}
