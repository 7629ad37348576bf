// The picture beside the forms: a wall with a small gate in it, ajar.

/** The rows of stones: the height of each, and where its vertical joints are. */
const courses = Array.from({ length: 14 }, (_, row) => ({
  y: row * 40 - 10,
  joints: Array.from({ length: 13 }, (_, i) => i * 88 + ((row * 37) % 88) - 30),
}))

/** Decoration, hidden from screen readers. */
export const GateScene = () => (
  <aside className="scene" aria-hidden="true">
    <p>
      The small gate
      <br />
      at the back of the wall.
    </p>
    <svg viewBox="0 0 1000 640" preserveAspectRatio="xMidYMax slice">
      <defs>
        <mask id="wall">
          <rect width="1000" height="510" fill="white" />
          <path d="M378 510V250a122 122 0 0 1 244 0v260z" fill="black" />
        </mask>
      </defs>
      <g className="scene-joints" mask="url(#wall)">
        {courses.map(({ y, joints }) => (
          <path key={y} d={`M0 ${y}H1000${joints.map((x) => `M${x} ${y}v40`).join('')}`} />
        ))}
      </g>
      <path className="scene-frame" d="M378 510V250a122 122 0 0 1 244 0v260" />
      <path className="scene-opening" d="M405 510V250a95 95 0 0 1 190 0v260z" />
      <path className="scene-light" d="M500 510h95l84 130H424z" />
      <path className="scene-leaf" d="M405 510V250a95 95 0 0 1 95-95v379z" />
      <path className="scene-planks" d="M429 516V190M453 522V169M477 528V158" />
      <circle className="scene-handle" cx="485" cy="350" r="4.5" />
      <path className="scene-ground" d="M0 510h378M622 510h378" />
    </svg>
  </aside>
)
