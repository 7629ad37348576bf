// Gray shapes in the place of content that is loading.

interface SkeletonProps {
  shapes: readonly ('title' | 'line' | 'field' | 'button' | 'row')[]
}

/** Screen readers get one word for all shapes. */
export const Skeleton = ({ shapes }: SkeletonProps) => (
  <div className="skeleton" role="status">
    <span className="unseen">Loading</span>
    {shapes.map((shape, i) => (
      <span key={i} className={`skeleton-${shape}`} aria-hidden />
    ))}
  </div>
)
