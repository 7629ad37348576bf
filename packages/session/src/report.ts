// Calls the application's onError.

/**
 * An error of the callback itself is reported as uncaught, as Node.js does with listeners. It must not stop the validator
 * from following revocations and keys.
 */
export const reporter =
  (onError: (error: Error) => void = () => {}) =>
  (error: Error): void => {
    try {
      onError(error)
    } catch (thrown) {
      setTimeout(() => {
        throw thrown
      })
    }
  }
