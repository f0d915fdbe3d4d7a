import { SkeletonLine } from "../look/parts";
import { useText } from "../text";
import { Shell } from "./shell";

/** The exam page's own shape, before its words are there. */
export function ExamSkeleton() {
  const { t } = useText();
  return (
    <Shell title="title.exam" wide>
      <div className="exam" role="status">
        <span className="hidden">{t("loading")}</span>
        <div className="stack">
          <SkeletonLine width={9} size={1.4} />
          <SkeletonLine width={13} />
          <SkeletonLine width={8} />
        </div>
        <div className="rows">
          {[0, 1, 2].map((place) => (
            <div key={place}>
              <div className="entry card">
                <div className="entry-picture skeleton" />
                <div className="entry-words">
                  <SkeletonLine width={4} size={1.2} />
                  <SkeletonLine width={7} />
                </div>
              </div>
            </div>
          ))}
        </div>
      </div>
    </Shell>
  );
}
