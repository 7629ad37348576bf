// Turns the fields of a line into the user to import.
import type { App } from '../../../app/create-app.js'
import type { ImportedFields } from '../../../schema/import.inputs.js'

type Start = ReturnType<App['services']['accounts']['imports']['start']>
type ImportedUser = Parameters<Start['import']>[0]['users'][number]

export function toImportedUser(line: number, fields: ImportedFields): ImportedUser {
  const { email, username = null, passwordhash: passwordHash, createdat: createdAt, emailverified: verified } = fields
  return {
    ...{ line, email, username, passwordHash, createdAt },
    profile: {
      firstName: fields.firstname ?? null,
      lastName: fields.lastname ?? null,
      phoneNumber: fields.phonenumber ?? null,
      streetName: fields.streetname ?? null,
      city: fields.city ?? null,
      state: fields.state ?? null,
      zipCode: fields.zipcode ?? null,
      country: fields.country ?? null,
      marketingOptIn: fields.marketingoptin ?? false,
      termsAcceptedAt: fields.termsacceptedat,
      emailVerifiedAt: verified === true ? (createdAt ?? new Date()) : verified || null,
      disabledAt: fields.disabled === true ? new Date() : null,
    },
  }
}
