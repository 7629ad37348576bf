// The rules for the users that `user import` reads: those of the API, for what an export contains.
import { z } from 'zod'
import { createAccountInputs } from './accounts.inputs.js'
import { text } from '@postern/service/input/text-rules'

/** No password is set, so its length does not matter. */
const { register, updateProfile } = createAccountInputs({ passwordMinLength: 1 })
const profile = updateProfile.shape

/** CSV has only text, and an empty cell is a field that is not given. */
const given = <Rule extends z.ZodType>(rule: Rule) =>
  z.preprocess((value) => (value === '' || value === undefined ? null : value), rule)

const FLAGS = new Map([
  ...['true', '1', 'yes'].map((text) => [text, true] as const),
  ...['false', '0', 'no'].map((text) => [text, false] as const),
])

const flag = z.preprocess(
  // JSON can contain objects, which need not have a text.
  (value) =>
    typeof value === 'string' || value === 1 || value === 0 ? (FLAGS.get(`${value}`.toLowerCase()) ?? value) : value,
  z.boolean('must be true or false').nullable(),
)

/** With a time zone, so that it means the same everywhere. */
const moment = z
  .union(
    [z.iso.datetime({ offset: true }), z.iso.date().transform((date) => `${date}T00:00:00Z`)],
    'must look like 2020-01-31T12:00:00Z',
  )
  .transform((value) => new Date(value))
  .refine((date) => date.getTime() >= 0 && date <= new Date(), 'must be between 1970 and now')

const verified = z.union([z.null(), flag, moment], 'must be true, false, or a time such as 2020-01-31T12:00:00Z')

const address = profile.address.unwrap().unwrap().shape

/** Names in lower case and without separators: `first_name`, `firstName` and `First Name` are the same. */
export const importedUser = z.strictObject({
  email: register.shape.email,
  username: given(register.shape.username),
  passwordhash: given(text.max(1024, 'must have at most 1024 characters').nullable()),
  firstname: given(profile.firstName),
  lastname: given(profile.lastName),
  phonenumber: given(profile.phoneNumber),
  streetname: given(address.streetName),
  city: given(address.city),
  state: given(address.state),
  zipcode: given(address.zipCode),
  country: given(address.country),
  createdat: given(moment.nullable()),
  emailverified: given(verified),
  marketingoptin: given(flag),
  termsacceptedat: given(moment.nullable()),
  disabled: given(flag),
  role: given(
    z.preprocess(
      (value) => (typeof value === 'string' ? value.toUpperCase() : value),
      z.literal('USER', 'must be USER: make administrators with user role').nullable(),
    ),
  ),
})

export type ImportedFields = z.output<typeof importedUser>

/** The fields, as the rules call them, and as messages do. */
const NAMES: Readonly<Record<keyof ImportedFields, string>> = {
  ...{ email: 'email', username: 'username', passwordhash: 'password_hash', firstname: 'first_name' },
  ...{ lastname: 'last_name', phonenumber: 'phone_number', streetname: 'street_name', city: 'city', state: 'state' },
  ...{ zipcode: 'zip_code', country: 'country', createdat: 'created_at', emailverified: 'email_verified' },
  ...{ marketingoptin: 'marketing_opt_in', termsacceptedat: 'terms_accepted_at', disabled: 'disabled', role: 'role' },
}

export const IMPORTED_FIELDS: ReadonlySet<string> = new Set(Object.keys(NAMES))

export const IMPORTED_NAMES: readonly string[] = Object.values(NAMES)

export const importedFieldName = (name: string): string => name.toLowerCase().replace(/[ _-]/g, '')

/** Names of the file can be as long as a line. */
const shortened = (text: string): string => (text.length > 100 ? `${text.slice(0, 100)}…` : text)

/** The first thing that is wrong, in one line without a value; or the fields. */
export function readImportedUser(
  input: Readonly<Record<string, unknown>>,
): { user: ImportedFields } | { problem: string } {
  const fields: Record<string, unknown> = {}
  for (const [given, value] of Object.entries(input)) {
    const name = importedFieldName(given)
    if (Object.hasOwn(fields, name)) return { problem: `two fields are the same: ${shortened(given)}` }
    fields[name] = value
  }
  for (const name of IMPORTED_FIELDS) if (name !== 'email') fields[name] ??= null
  const result = importedUser.safeParse(fields)
  if (result.success) return { user: result.data }
  const [issue] = result.error.issues
  const unknown = issue?.code === 'unrecognized_keys' ? `unknown field: ${shortened(issue.keys.join(', '))}` : null
  const name = NAMES[issue?.path[0] as keyof ImportedFields]
  return { problem: unknown ?? `${name}: ${issue?.message}` }
}
