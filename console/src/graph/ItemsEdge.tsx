/** A line between two nodes, with the number of items that went over it. */
import { BaseEdge, EdgeLabelRenderer, getBezierPath, getSmoothStepPath, type Edge, type EdgeProps } from "@xyflow/react";
import { useLanguage } from "../language/LanguageProvider";
import classes from "./ItemsEdge.module.css";

export interface ItemsEdgeData extends Record<string, unknown> {
  /** `undefined`: no run is shown; `null`: the run did not come here. */
  items: number | null | undefined;
  main: boolean;
}

const LOOP_OFFSET = 90;

export function ItemsEdge({ data, sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition }: EdgeProps<Edge<ItemsEdgeData>>) {
  const { t } = useLanguage();
  const ends = { sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition };
  const goesBack = data?.main === true && targetX < sourceX - 20;
  const middleY = Math.max(sourceY, targetY) + LOOP_OFFSET;
  const [path, labelX, labelY] = goesBack
    ? getSmoothStepPath({ ...ends, borderRadius: 18, offset: 26, centerY: middleY })
    : getBezierPath(ends);
  const items = data?.items;
  const travelled = typeof items === "number" && items > 0;
  return (
    <>
      <BaseEdge path={path} className={classes.line} data-travelled={travelled} data-part={data?.main === false} />
      {travelled && (
        <EdgeLabelRenderer>
          <span
            className={classes.count}
            style={{ transform: `translate(-50%, -50%) translate(${labelX}px, ${goesBack ? middleY : labelY}px)` }}
          >
            {t("graph.items", { count: items })}
          </span>
        </EdgeLabelRenderer>
      )}
    </>
  );
}
