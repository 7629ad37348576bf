// Gray shapes in the place of content that is loading.

interface SkeletonProps {
  shapes: readonly ('title' | 'line' | 'field' | 'button' | 'row')[]
}

/** Hidden from screen readers, for whom there is {@link LoadingStatus}. */
export const Skeleton = ({ shapes }: SkeletonProps) => (
  <div className="skeleton" aria-hidden>
    {shapes.map((shape, i) => (
      <span key={i} className={`skeleton-${shape}`} />
    ))}
  </div>
)

export const LoadingStatus = () => (
  <span className="unseen" role="status">
    Loading
  </span>
)
