// Names: in protos `first_name`, in JSON `firstName`.

/** `update_mask` as `updateMask`, the name that a field has in JSON. */
export const camelCase = (name: string): string =>
  name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

/** `EMAIL_EXISTS` as `EmailExists`. */
export const pascalCase = (code: string): string =>
  code
    .split('_')
    .map((word) => word.charAt(0) + word.slice(1).toLowerCase())
    .join('')

/** `GetUserProfile` as `getUserProfile`, the name of a function in generated clients. */
export const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)
