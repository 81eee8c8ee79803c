/**
 * The admin API calls that a person at the shop's dashboard makes. Each is one GraphQL mutation, except where noted.
 *
 * @typedef {import('../shop/admin-api.mjs').AdminApi} AdminApi
 * @typedef {{ id: string, code: string }} Option
 */

/**
 * @template {object} T
 * @param {Partial<Record<'en' | 'de', T>>} byLanguage
 */
export const translations = (byLanguage) =>
  Object.entries(byLanguage).map(([languageCode, texts]) => ({ languageCode, ...texts }))

/** @param {AdminApi} api */
export function catalogueEditor(api) {
  return {
    /** @param {object} input @returns {Promise<{ id: string }>} */
    createProduct: (input) =>
      api.call('mutation ($input: CreateProductInput!) { createProduct(input: $input) { id } }', { input }),

    /** @param {object} input */
    updateProduct: (input) =>
      api.call('mutation ($input: UpdateProductInput!) { updateProduct(input: $input) { id } }', { input }),

    /** @param {string} id */
    deleteProduct: (id) => api.call('mutation ($id: ID!) { deleteProduct(id: $id) { result message } }', { id }),

    /** @param {string} id @returns {Promise<string>} the copy's id */
    duplicateProduct: async (id) => {
      const duplicatorInput = {
        code: 'product-duplicator',
        arguments: [{ name: 'includeVariants', value: 'true' }],
      }
      const { newEntityId } = await api.call(
        `mutation ($input: DuplicateEntityInput!) {
          duplicateEntity(input: $input) {
            ... on DuplicateEntitySuccess { newEntityId }
            ... on ErrorResult { errorCode message }
          }
        }`,
        { input: { entityName: 'Product', entityId: id, duplicatorInput } },
      )
      return newEntityId
    },

    /**
     * Creates an option group with its options and adds it to a product: two mutations.
     *
     * @param {string} productId @param {string} code @param {readonly string[]} options
     * @returns {Promise<Option[]>}
     */
    addOptionGroup: async (productId, code, options) => {
      const named = (/** @type {string} */ name) => translations({ en: { name }, de: { name: `${name} (de)` } })
      const group = await api.call(
        'mutation ($input: CreateProductOptionGroupInput!) { createProductOptionGroup(input: $input) { id options { id code } } }',
        {
          input: {
            code,
            translations: named(code),
            options: options.map((option) => ({ code: option, translations: named(option) })),
          },
        },
      )
      await api.call(
        'mutation ($productId: ID!, $groupId: ID!) { addOptionGroupToProduct(productId: $productId, optionGroupId: $groupId) { id } }',
        { productId, groupId: group.id },
      )
      return group.options
    },

    /** @param {readonly object[]} input @returns {Promise<{ id: string }[]>} */
    createVariants: (input) =>
      api.call('mutation ($input: [CreateProductVariantInput!]!) { createProductVariants(input: $input) { id } }', {
        input,
      }),

    /** @param {readonly object[]} input @param {{ channelToken?: string }} [channel] */
    updateVariants: (input, channel) =>
      api.call(
        'mutation ($input: [UpdateProductVariantInput!]!) { updateProductVariants(input: $input) { id } }',
        { input },
        channel,
      ),

    /** @param {string} id */
    deleteVariant: (id) => api.call('mutation ($id: ID!) { deleteProductVariant(id: $id) { result message } }', { id }),

    /** @param {object} input */
    assignToChannel: (input) =>
      api.call('mutation ($input: AssignProductsToChannelInput!) { assignProductsToChannel(input: $input) { id } }', {
        input,
      }),

    /** @param {object} input */
    removeFromChannel: (input) =>
      api.call(
        'mutation ($input: RemoveProductsFromChannelInput!) { removeProductsFromChannel(input: $input) { id } }',
        {
          input,
        },
      ),

    /** @param {object} input */
    deleteStockLocation: (input) =>
      api.call(
        'mutation ($input: DeleteStockLocationInput!) { deleteStockLocation(input: $input) { result message } }',
        {
          input,
        },
      ),

    /** @param {string} value */
    createTag: (value) =>
      api.call('mutation ($input: CreateTagInput!) { createTag(input: $input) { id } }', { input: { value } }),
  }
}

/** @typedef {ReturnType<typeof catalogueEditor>} CatalogueEditor */
