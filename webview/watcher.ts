/** A stable ref callback that reports an element's size. */
export function watcher(
  report: (box: DOMRectReadOnly) => void,
): (element: Element | undefined) => void {
  const observer = new ResizeObserver(([entry]) => {
    if (entry) report(entry.contentRect);
  });
  return (element) => {
    observer.disconnect();
    if (element) observer.observe(element);
  };
}
