/** A node as a box with its icon, state and ports; the name stands below, as in n8n. */
import { IconAlertTriangleFilled, IconBolt, IconCircleCheckFilled, IconClockFilled, IconHelpCircleFilled, IconLoader2 } from "@tabler/icons-react";
import { Handle, Position, type Node, type NodeProps } from "@xyflow/react";
import type { RunStatus } from "../api/types";
import { useLanguage } from "../language/LanguageProvider";
import type { DrawnNode, Port } from "./draw";
import classes from "./NodeBox.module.css";
import { NodeIcon } from "./NodeIcon";
import type { NodeTrace } from "./trace";

export interface NodeBoxData extends Record<string, unknown> {
  drawn: DrawnNode;
  icon: string | null;
  /** `undefined`: no run is shown; `null`: the run did not come here. */
  trace: NodeTrace | null | undefined;
}

export function NodeBox({ data, selected }: NodeProps<Node<NodeBoxData>>) {
  const { t } = useLanguage();
  const { drawn, icon, trace } = data;
  const { node, inputs, outputs } = drawn;
  return (
    <div
      className={classes.box}
      data-status={trace === null ? "none" : (trace?.status ?? "drawn")}
      data-trigger={drawn.isTrigger}
      data-part={drawn.isPart}
      data-disabled={node.disabled === true}
      data-selected={selected}
      style={{ height: drawn.height }}
    >
      <Ports ports={inputs} type="target" position={Position.Left} height={drawn.height} />
      {drawn.isTrigger && <IconBolt className={classes.bolt} size={15} stroke={1.9} aria-hidden />}
      <NodeIcon type={node.type} svg={icon} size={38} />
      {trace && (
        <span className={classes.state} title={t(`status.${trace.status}`)}>
          {trace.executions > 1 && <b>×{trace.executions}</b>}
          <StateIcon status={trace.status} label={t(`status.${trace.status}`)} />
        </span>
      )}
      <Ports ports={outputs} type="source" position={Position.Right} height={drawn.height} />
      {drawn.isPart && <Handle id="part" type="source" position={Position.Top} isConnectable={false} />}
      {drawn.takesParts && <Handle id="parts" type="target" position={Position.Bottom} isConnectable={false} />}
      <div className={classes.name}>
        <strong>{node.name}</strong>
        {node.disabled && <span>{t("graph.disabled")}</span>}
      </div>
    </div>
  );
}

interface PortsProps {
  ports: Port[];
  type: "source" | "target";
  position: Position;
  height: number;
}

function Ports({ ports, type, position, height }: PortsProps) {
  return ports.map(({ id, label }, index) => {
    const top = (height * (index + 1)) / (ports.length + 1);
    return (
      <Handle key={id} id={id} type={type} position={position} isConnectable={false} style={{ top }}>
        {label && <span className={classes.port}>{label}</span>}
      </Handle>
    );
  });
}

const STATE_ICONS: Partial<Record<RunStatus, typeof IconBolt>> = {
  succeeded: IconCircleCheckFilled,
  failed: IconAlertTriangleFilled,
  running: IconLoader2,
  waiting: IconClockFilled,
};

function StateIcon({ status, label }: { status: RunStatus; label: string }) {
  const Shown = STATE_ICONS[status] ?? IconHelpCircleFilled;
  return <Shown size={17} role="img" aria-label={label} />;
}
