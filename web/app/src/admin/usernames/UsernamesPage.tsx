// The page about usernames: their numbers, and the protected ones.
import { PageHead } from '../PageHead.js'
import { ProtectedNames } from './ProtectedNames.js'
import { UsernameNumbers } from './UsernameNumbers.js'

export const UsernamesPage = () => (
  <>
    <PageHead title="Usernames" />
    <ProtectedNames />
    <UsernameNumbers />
  </>
)
