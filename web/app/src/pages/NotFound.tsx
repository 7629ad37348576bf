// What a browser shows at an unknown address.
import { Link } from '../ui/Link.js'
import { Entry } from './Entry.js'

export const NotFound = () => (
  <Entry title="Page not found" lead="There is no page at this address.">
    <nav className="ways" aria-label="Pages">
      <Link to="/account">Your account</Link>
      <Link to="/sign-in">Sign in</Link>
      <Link to="/">Create an account</Link>
    </nav>
  </Entry>
)
