/** Imports a module of the built service. The caller adds its type from src. */
export const built = (file: string): Promise<unknown> => import(new URL(`../../dist/${file}`, import.meta.url).href)
