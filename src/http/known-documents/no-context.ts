// The context of fields marked @hot, whose result must not depend on the caller.

const forbidden = new Proxy(
  {},
  {
    get() {
      throw new Error('The resolver of a field marked @hot must not read the context.')
    },
  },
)

/** Reading it is an error, so that Apollo Server answers. Except for this property, which resolvers do not see. */
export const NO_CONTEXT: object = Object.create(forbidden, { recorded: { value: null } }) as object
